import { withUsage } from "@ai-proxy/shared/errors";
import { type ChatAnswer, collectAnswer } from "@ai-proxy/shared/formats/chat-answer";
import type { ChatEvent } from "@ai-proxy/shared/formats/chat-events";
import type { Usage } from "@ai-proxy/shared/formats/usage";
import type { JsonObject } from "@ai-proxy/shared/json";
import { UsageMeter } from "@ai-proxy/shared/upstream/usage-meter";
import { AnswerTranslator, type AnswerTranslatorOptions } from "./answer-translator.ts";

export interface WholeAnswer extends ChatAnswer {
  usage: Usage;
  /** The model gave no counts. */
  usageEstimated: boolean;
}

/**
 * A whole answer of either family: `{response: "Hi", usage: {…}}`, or a chat completion.
 * @param estimatePrompt tokens of the prompt, for a model that gives no counts
 */
export function readWholeAnswer(
  output: JsonObject,
  options: Omit<AnswerTranslatorOptions, "whole">,
  estimatePrompt: () => number,
): WholeAnswer {
  const translator = new AnswerTranslator({ ...options, whole: true });
  const events = eventsOf(translator, output);
  const meter = new UsageMeter(estimatePrompt);
  for (const event of events) meter.observe(event);
  return { ...collectAnswer(events), usage: meter.usage(), usageEstimated: meter.estimated };
}

/** An answer that is none has cost its tokens all the same. */
function eventsOf(translator: AnswerTranslator, output: JsonObject): ChatEvent[] {
  const events = translator.read(output);
  try {
    return [...events, ...translator.end()];
  } catch (thrown) {
    throw withUsage(thrown, collectAnswer(events).usage);
  }
}
