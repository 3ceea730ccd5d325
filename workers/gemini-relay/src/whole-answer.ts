import { withUsage } from "@ai-proxy/shared/errors";
import { type AnswerChoice, type ChatAnswer, collectAnswer } from "@ai-proxy/shared/formats/chat-answer";
import type { ChatEvent } from "@ai-proxy/shared/formats/chat-events";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { AnswerTranslator } from "./answer-translator.ts";
import type { CallIds } from "./call-ids.ts";
import { unreadable } from "./errors.ts";

/**
 * The parsed body of generateContent → the answer. Throws an ApiError when it is
 * none: an error object, nothing at all, output that broke.
 */
export function readWholeAnswer(given: unknown, callIds: CallIds): ChatAnswer {
  // Proxies that know only streams put the one answer, or the one error, into a list.
  const response: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
  if (!isObject(response)) throw unreadable();
  const translator = new AnswerTranslator({ callIds, whole: true });
  const answer = collectAnswer(eventsOf(translator, response));
  return { ...answer, choices: answer.choices.map(withText) };
}

/** An answer that is none has cost its tokens all the same. */
function eventsOf(translator: AnswerTranslator, response: JsonObject): ChatEvent[] {
  const events = translator.read(response);
  try {
    return [...events, ...translator.end()];
  } catch (thrown) {
    throw withUsage(thrown, collectAnswer(events).usage);
  }
}

/** A choice that has nothing in place of text (thoughts or images alone) has the empty text: null would mean a call or a refusal. */
function withText(choice: AnswerChoice): AnswerChoice {
  const { text, toolCalls, audio, refusal } = choice;
  const isEmpty = text === null && toolCalls.length === 0 && audio === null && refusal === null;
  return isEmpty ? { ...choice, text: "" } : choice;
}
