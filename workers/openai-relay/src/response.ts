import type { WholeReply } from "@ai-proxy/shared/contract/relay";
import { answerForRpc } from "@ai-proxy/shared/contract/transfer";
import { invalidResponse } from "@ai-proxy/shared/errors";
import { fromOpenAIUsage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { emptyCompletion } from "@ai-proxy/shared/upstream/reply";
import { reportsError, upstreamErrorEvent } from "./errors.ts";
import { explainsSilence } from "./finish-reason.ts";
import { objectMembers, spliced } from "./json-edit.ts";
import { Mender } from "./mend.ts";
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
  const failed = [answer, ...(fallbackWaiting ? choicesOf(answer) : [])].find(reportsError);
  if (failed !== undefined) throw upstreamErrorEvent(failed, provider, secrets);
  if (fallbackWaiting && isEmptyCompletion(answer)) throw emptyCompletion(provider);
  const { model } = answer;
  return {
    status: 200,
    headers: { "content-type": "application/json", ...headers },
    body: answerForRpc(redactJson(Mender.needed(quirks, "whole") ? mended(body, quirks) : body, secrets)),
    usage: fromOpenAIUsage(answer["usage"]),
    ...(typeof model === "string" && model !== "" && { servedModel: model }),
  };
}

/** OpenRouter's choices carry the error of a provider that broke off, beside half an answer and any finish reason (recorded). */
function choicesOf({ choices }: JsonObject): JsonObject[] {
  return Array.isArray(choices) ? choices.filter(isObject) : [];
}

/**
 * A chat completion that says nothing (no text, refusal, reasoning, call or audio in any choice), without a
 * finish reason that explains it. Embeddings and the like have no choices and are never empty; vLLM's and Google's
 * completions may have none either (langchain-ai/langchain pull request 35236, agentgateway pull request 977).
 */
function isEmptyCompletion({ object, choices }: JsonObject): boolean {
  if (!Array.isArray(choices)) return choices === null || object === "chat.completion";
  return choices.every((choice) => {
    if (!isObject(choice)) return true;
    if (explainsSilence(choice["finish_reason"])) return false;
    const { message } = choice;
    if (!isObject(message)) return !says(choice["text"]);
    return !SAYING.some((key) => says(message[key]));
  });
}

const SAYING = [
  "content",
  "refusal",
  "reasoning_content",
  "reasoning",
  "tool_calls",
  "function_call",
  "audio",
  "images",
];

function says(value: unknown): boolean {
  if (typeof value === "string" || Array.isArray(value)) return value.length > 0;
  return isObject(value);
}

function mended(body: string, quirks: Quirks): string {
  return spliced(body, new Mender(quirks).splices(body, objectMembers(body)));
}
