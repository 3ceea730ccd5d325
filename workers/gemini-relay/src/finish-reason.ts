import { type ApiError, invalidResponse } from "@ai-proxy/shared/errors";
import type { FinishReason } from "@ai-proxy/shared/formats/chat-events";

/**
 * Gemini's finish reasons (21 in the discovery document, more at Vertex) in
 * OpenAI's enum. What is not listed is no clean end: see `finishReason`.
 */
const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  STOP: "stop",
  MAX_TOKENS: "length",
  CONTINUATION: "length",
  SAFETY: "content_filter",
  RECITATION: "content_filter",
  LANGUAGE: "content_filter",
  BLOCKLIST: "content_filter",
  PROHIBITED_CONTENT: "content_filter",
  SPII: "content_filter",
  IMAGE_SAFETY: "content_filter",
  IMAGE_PROHIBITED_CONTENT: "content_filter",
  IMAGE_RECITATION: "content_filter",
  MODEL_ARMOR: "content_filter",
};

/** The model's output could not be used: what came of it is no answer, and another attempt may do better. */
const BROKEN = new Set([
  "MALFORMED_FUNCTION_CALL",
  "MALFORMED_RESPONSE",
  "UNEXPECTED_TOOL_CALL",
  "TOO_MANY_TOOL_CALLS",
  "MISSING_THOUGHT_SIGNATURE",
]);

/** What a candidate has done until it ended. */
export interface CandidateEnd {
  /** Gemini's reasons in the order they came: streams may hold several. */
  reasons: readonly string[];
  finishMessage: string | undefined;
  calls: number;
  /** It has said something of an answer: text, a call, an image; thoughts are none. */
  spoke: boolean;
}

/**
 * How to read the OpenAI finish reasons of an answer's candidates, which have
 * all ended. A reason that is not STOP counts more than STOP; a call turns STOP
 * into tool_calls, nothing else. Where one of several candidates is no answer
 * the others still are: it is filtered, and its refusal says why. Throws an
 * ApiError that routing can retry when none is an answer.
 */
export function finishReasons(ends: readonly CandidateEnd[]): (end: CandidateEnd) => FinishReason {
  const [first] = ends;
  if (first !== undefined && ends.every((end) => finishReason(end) === null)) {
    throw brokenAnswer(reasonOf(first), first.finishMessage);
  }
  return (end) => finishReason(end) ?? "content_filter";
}

function reasonOf({ reasons }: CandidateEnd): string {
  return reasons.findLast((one) => one !== "STOP") ?? "STOP";
}

/** Null for output that is no answer. */
function finishReason(end: CandidateEnd): FinishReason | null {
  const reason = reasonOf(end);
  const finish = Object.hasOwn(FINISH_REASONS, reason) ? FINISH_REASONS[reason] : undefined;
  if (finish === "stop" && end.calls > 0) return "tool_calls";
  if (finish !== undefined) return finish;
  // OTHER, IMAGE_OTHER, NO_IMAGE, ESCALATION, and whatever comes: text was given, but it was not the model that chose to end.
  return BROKEN.has(reason) || !end.spoke ? null : "content_filter";
}

/** Gemini's words on why it withheld an answer, for `refusal`. */
export function withheldMessage(end: CandidateEnd): string {
  const reason = end.reasons.findLast((one) => one !== "STOP") ?? "SAFETY";
  return end.finishMessage ?? `Gemini withheld its answer (${reason}).`;
}

/** `promptFeedback` of a prompt that was blocked. */
export function blockedMessage(reason: string, message: string | undefined): string {
  return `Gemini blocked the prompt (${reason})${message === undefined ? "." : `: ${message}`}`;
}

function brokenAnswer(reason: string, message: string | undefined): ApiError {
  const words = message === undefined ? "" : `: ${message}`;
  return invalidResponse(`Gemini's answer could not be used (${reason})${words}`);
}
