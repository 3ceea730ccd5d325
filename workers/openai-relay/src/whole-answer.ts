import type { WholeReply } from "@ai-proxy/shared/contract/relay";
import { answerForRpc } from "@ai-proxy/shared/contract/transfer";
import { invalidResponse } from "@ai-proxy/shared/errors";
import { fromOpenAIUsage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { emptyCompletion } from "@ai-proxy/shared/upstream/reply";
import { AnswerQuirks } from "./answer-quirks.ts";
import type { Answer, Choice, Message } from "./answer-shapes.ts";
import { reportsError, upstreamErrorEvent } from "./errors.ts";
import { explainsSilence } from "./finish-reason.ts";
import { objectMembers, spliced } from "./json-edit.ts";
import type { Quirks } from "./quirks.ts";
import { redactJson } from "./redact.ts";

export interface AnswerContext {
  provider: string;
  quirks: Quirks;
  secrets: readonly string[];
  /** Another attempt waits: an answer with nothing in it, or half of one, is a failure. Else it is passed on as it is. */
  fallbackWaiting: boolean;
}

/**
 * An upstream's JSON answer with status 200: the text as it came, with what
 * accounting needs read from it. Throws an ApiError when it is no answer: an
 * error object, no JSON at all, or (with another attempt waiting) an empty or a half completion.
 */
export function wholeAnswer(
  body: string,
  headers: Record<string, string>,
  { provider, quirks, secrets, fallbackWaiting }: AnswerContext,
): WholeReply {
  const answer = tryParseJson(body);
  if (!isObject(answer)) throw invalidResponse(`${provider} answered with something that is not a JSON object.`);
  const { model, usage: counts }: Answer = answer;
  const usage = fromOpenAIUsage(counts);
  const failed = [answer, ...(fallbackWaiting ? choicesOf(answer) : [])].find(reportsError);
  if (failed !== undefined) throw upstreamErrorEvent(failed, { provider, secrets, spent: usage });
  if (fallbackWaiting && isEmptyCompletion(answer)) throw emptyCompletion(provider, usage);
  return {
    status: 200,
    headers: { "content-type": "application/json", ...headers },
    body: answerForRpc(redactJson(AnswerQuirks.needed(quirks, "whole") ? edited(body, quirks) : body, secrets)),
    usage,
    ...(typeof model === "string" && model !== "" && { servedModel: model }),
  };
}

/** OpenRouter puts the error of a provider that broke off beside half an answer: test/fixtures/openrouter-choice-error.json. */
function choicesOf({ choices }: Answer): JsonObject[] {
  return Array.isArray(choices) ? choices.filter(isObject) : [];
}

/**
 * A completion that says nothing in any choice, without a finish reason that explains it. vLLM's and Google's may have
 * no choices (langchain-ai/langchain pull request 35236, agentgateway pull request 977); embeddings never do.
 */
function isEmptyCompletion({ object, choices }: Answer): boolean {
  if (!Array.isArray(choices)) return choices === null || object === "chat.completion";
  return choices.every((choice) => !isObject(choice) || saysNothing(choice));
}

function saysNothing({ finish_reason, message, text }: Choice): boolean {
  if (explainsSilence(finish_reason)) return false;
  return isObject(message) ? !saidBy(message).some(isSomething) : !isSomething(text);
}

/** All that a message may say something with. */
function saidBy(message: Message): unknown[] {
  const { content, refusal, reasoning_content, reasoning, tool_calls, function_call, audio, images } = message;
  return [content, refusal, reasoning_content, reasoning, tool_calls, function_call, audio, images];
}

function isSomething(value: unknown): boolean {
  if (typeof value === "string" || Array.isArray(value)) return value.length > 0;
  return isObject(value);
}

function edited(body: string, quirks: Quirks): string {
  return spliced(body, new AnswerQuirks(quirks).splices(body, objectMembers(body)));
}
