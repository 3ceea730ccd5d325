import { toOpenAIUsage, type Usage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { emptyCompletion } from "@ai-proxy/shared/upstream/reply";
import { blockedPrompt, serviceTier, systemFingerprint } from "./answer.ts";
import { AUDIO_REST, Base64Joiner } from "./audio.ts";
import type { CallIds } from "./call-ids.ts";
import { type AnswerEnvelope, Candidate } from "./candidate.ts";
import { answeredError, PROVIDER, unreadable } from "./errors.ts";
import { Extras, isExtra } from "./extras.ts";
import { type FinishReason, finishReasons, withheldMessage } from "./finish-reason.ts";
import { readLogprobs } from "./logprobs.ts";
import type { Piece } from "./pieces.ts";
import { asNumber, asText, objectsIn } from "./read.ts";
import { signatureContent } from "./signatures.ts";
import { readUsage } from "./usage.ts";

export interface TranslatedAnswer {
  /** OpenAI's chat.completion. */
  body: JsonObject;
  usage: Usage | null;
  servedModel: string | undefined;
}

/**
 * Gemini's answer → OpenAI's chat.completion. Throws an ApiError when the
 * answer is none: an error object, nothing at all, output that broke.
 */
export function toChatCompletion(given: unknown, envelope: AnswerEnvelope, callIds: CallIds): TranslatedAnswer {
  // Proxies that know only streams put the one answer, or the one error, into a list.
  const answer: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
  if (!isObject(answer)) throw unreadable();
  const error = answeredError(answer);
  if (error !== null) throw error;
  const usage = isObject(answer["usageMetadata"]) ? readUsage(answer["usageMetadata"]) : null;
  const tier = serviceTier(answer);
  const body = {
    id: envelope.id,
    object: "chat.completion",
    created: envelope.created,
    model: envelope.model,
    system_fingerprint: systemFingerprint(answer),
    choices: choices(answer, callIds),
    ...(usage !== null && { usage: toOpenAIUsage(usage) }),
    ...(tier !== undefined && { service_tier: tier }),
  };
  return { body, usage, servedModel: asText(answer["modelVersion"]) };
}

function choices(answer: JsonObject, callIds: CallIds): JsonObject[] {
  const candidates = new Map<number, { end: Candidate; message: MessageBuilder; logprobs: JsonObject | null }>();
  for (const given of objectsIn(answer["candidates"])) {
    const index = asNumber(given["index"]) ?? 0;
    const end = candidates.get(index)?.end ?? new Candidate();
    const message = candidates.get(index)?.message ?? new MessageBuilder(callIds);
    for (const piece of end.read(given)) message.add(piece);
    candidates.set(index, { end, message, logprobs: readLogprobs(given["logprobsResult"]) });
  }
  if (candidates.size === 0) return [blockedChoice(answer)];
  const blocked = blockedPrompt(answer);
  const rows = [...candidates].sort(([a], [b]) => a - b);
  if (blocked !== null) for (const [, { end }] of rows) end.block(blocked);
  const finishOf = finishReasons(rows.map(([, { end }]) => end));
  const made = rows.map(([index, { end, message, logprobs }]) => {
    const finish = finishOf(end);
    return { index, message: message.message(end, finish), logprobs, finish_reason: finish };
  });
  if (made.every((row) => row.finish_reason === "stop") && !rows.some(([, { end }]) => end.spoke))
    throw emptyCompletion(PROVIDER);
  return made;
}

/** No candidates: the prompt was blocked, or Gemini said nothing. */
function blockedChoice(answer: JsonObject): JsonObject {
  const refusal = blockedPrompt(answer);
  if (refusal === null) throw emptyCompletion(PROVIDER);
  const message = { role: "assistant", content: null, refusal, annotations: [] };
  return { index: 0, message, logprobs: null, finish_reason: "content_filter" };
}

/** The message of one candidate, from its pieces. */
class MessageBuilder {
  readonly #callIds: CallIds;
  #content: string | null = null;
  #reasoning = "";
  readonly #calls: JsonObject[] = [];
  readonly #extras = new Extras();
  #audio = "";
  readonly #joiner = new Base64Joiner();

  constructor(callIds: CallIds) {
    this.#callIds = callIds;
  }

  add(piece: Piece): void {
    if (isExtra(piece)) {
      this.#extras.add(piece);
      return;
    }
    switch (piece.kind) {
      case "text":
        this.#content = (this.#content ?? "") + piece.text;
        break;
      case "reasoning":
        this.#reasoning += piece.text;
        break;
      case "call":
        this.#calls.push(toolCall(piece, this.#callIds));
        break;
      case "audio":
        this.#audio += this.#joiner.push(piece.data);
        break;
      default:
        piece satisfies never;
    }
  }

  message(end: Candidate, finish: FinishReason): JsonObject {
    this.#audio += this.#joiner.end();
    const withheld = finish === "content_filter" && !end.spoke;
    const alone = this.#calls.length === 0 && this.#audio === "" && !withheld;
    return {
      role: "assistant",
      content: this.#content ?? (alone ? "" : null),
      refusal: withheld ? withheldMessage(end) : null,
      annotations: end.annotations(),
      ...(this.#reasoning !== "" && { reasoning_content: this.#reasoning }),
      ...(this.#calls.length > 0 && { tool_calls: this.#calls }),
      ...(this.#audio !== "" && {
        audio: { id: this.#callIds.take(undefined), data: this.#audio, ...AUDIO_REST },
      }),
      ...this.#extras.members(end.sources()),
    };
  }
}

/** A whole tool call; in a stream it gets its `index` besides. */
export function toolCall(call: Extract<Piece, { kind: "call" }>, callIds: CallIds): JsonObject {
  return {
    id: callIds.of(call),
    type: "function",
    function: { name: call.name, arguments: call.args },
    ...(call.signature !== undefined && { extra_content: signatureContent(call.signature) }),
  };
}
