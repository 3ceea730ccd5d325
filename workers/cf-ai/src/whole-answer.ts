import { type ChatAnswer, collectAnswer } from "@ai-proxy/shared/formats/chat-answer";
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
  const events = [...translator.read(output), ...translator.end()];
  const meter = new UsageMeter(estimatePrompt);
  for (const event of events) meter.observe(event);
  return { ...collectAnswer(events), usage: meter.usage(), usageEstimated: meter.estimated };
}
