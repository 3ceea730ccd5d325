import type { ChatEvent, ContentEvent, FinishReason } from "@ai-proxy/shared/formats/chat-events";
import { signatureContent } from "@ai-proxy/shared/formats/extra-content";
import { isObject, type JsonObject, tryParseJson, type Unchecked } from "@ai-proxy/shared/json";
import { MOST_CHOICES, MOST_TOOL_CALLS, tooManyChoices, tooManyToolCalls } from "@ai-proxy/shared/upstream/ceilings";
import { cutError, emptyCompletion } from "@ai-proxy/shared/upstream/reply";
import type { StreamTranslator } from "@ai-proxy/shared/upstream/stream-translator";
import type { Candidate as GeminiCandidate, GenerateContentResponse } from "@google/genai";
import { blockedPrompt, serviceTier, systemFingerprint } from "./answer-metadata.ts";
import { Base64Joiner } from "./base64-joiner.ts";
import type { CallIds } from "./call-ids.ts";
import { Candidate } from "./candidate.ts";
import { answeredError, PROVIDER, unreadable } from "./errors.ts";
import { finishReasons, withheldMessage } from "./finish-reason.ts";
import { readLogprobs } from "./logprobs.ts";
import { asNumber, asText } from "./read.ts";
import type { Piece } from "./read-part.ts";
import { mergeReports, readUsage } from "./usage.ts";

export interface AnswerTranslatorOptions {
  callIds: CallIds;
  /** The answer comes whole: a candidate without a finish reason is not cut, and thoughts alone are no answer. */
  whole: boolean;
}

interface Choice {
  index: number;
  candidate: Candidate;
  /** What it says aloud: one file, however many pieces it comes in. */
  audio?: { id: string; joiner: Base64Joiner };
}

/**
 * Gemini's GenerateContentResponses → chat events. A finish reason is given at
 * the very end only: text may follow the first one, and a later one may count more.
 */
export class AnswerTranslator implements StreamTranslator {
  readonly #options: AnswerTranslatorOptions;
  readonly #choices = new Map<number, Choice>();
  /** Members that the first response gives all chunks. */
  #members: JsonObject | undefined;
  #servedModel: string | undefined;
  #report: JsonObject | null = null;
  #blocked: string | null = null;
  /** Something that the client reads as it comes was sent. */
  #said = false;

  constructor(options: AnswerTranslatorOptions) {
    this.#options = options;
  }

  push(data: string): ChatEvent[] {
    const event = tryParseJson(data);
    if (isObject(event)) return this.read(event);
    if (data.trim() === "[DONE]" || data.trim() === "") return [];
    // Errors come in a list of one where alt=sse is not known.
    if (!Array.isArray(event) || !event.every(isObject)) throw unreadable();
    return event.flatMap((one) => this.read(one));
  }

  /** One GenerateContentResponse. Throws the error that it may hold instead. */
  read(response: Unchecked<GenerateContentResponse>): ChatEvent[] {
    const error = answeredError(response);
    if (error !== null) throw error;
    const events = this.#begin(response);
    const { usageMetadata, candidates } = response;
    if (isObject(usageMetadata)) {
      this.#report = mergeReports(this.#report, usageMetadata);
      events.push({ type: "usage", usage: readUsage(this.#report) });
    }
    this.#blocked ??= blockedPrompt(response);
    if (!Array.isArray(candidates)) return events;
    for (const candidate of candidates) if (isObject(candidate)) this.#readCandidate(candidate, events);
    return events;
  }

  end(): ChatEvent[] {
    const choices = [...this.#choices.values()].sort((a, b) => a.index - b.index);
    if (choices.length === 0) return this.#endBlocked();
    if (this.#blocked !== null) for (const { candidate } of choices) candidate.block(this.#blocked);
    const candidates = choices.map(({ candidate }) => candidate);
    if (!this.#options.whole && candidates.some(({ reasons }) => reasons.length === 0)) throw cutError(PROVIDER);
    const finishOf = finishReasons(candidates);
    const ends = choices.map((choice) => ({ choice, finish: finishOf(choice.candidate) }));
    const said = (this.#said && !this.#options.whole) || candidates.some(({ spoke }) => spoke);
    if (!said && ends.every(({ finish }) => finish === "stop")) throw emptyCompletion(PROVIDER);
    return ends.flatMap(({ choice, finish }) => endChoice(choice, finish));
  }

  #begin(response: Unchecked<GenerateContentResponse>): ChatEvent[] {
    const servedModel = this.#servedModel ?? asText(response.modelVersion);
    if (this.#members !== undefined && servedModel === this.#servedModel) return [];
    const tier = serviceTier(response);
    this.#members ??= {
      ...(tier !== undefined && { service_tier: tier }),
      system_fingerprint: systemFingerprint(response),
    };
    this.#servedModel = servedModel;
    return [{ type: "begun", servedModel, members: this.#members }];
  }

  #readCandidate(given: Unchecked<GeminiCandidate>, events: ChatEvent[]): void {
    const choice = this.#choice(asNumber(given.index) ?? 0);
    let callIndex = choice.candidate.calls;
    let logprobs = readLogprobs(given.logprobsResult);
    for (const piece of choice.candidate.read(given)) {
      const event = this.#toEvent(choice, piece, callIndex);
      if (piece.kind === "call") callIndex++;
      if (callIndex > MOST_TOOL_CALLS) throw tooManyToolCalls(PROVIDER);
      if (isStreamed(event)) {
        this.#said = true;
        if (logprobs !== null) event.logprobs = logprobs;
        logprobs = null;
      }
      events.push(event);
    }
    if (logprobs !== null) events.push({ type: "logprobs", choice: choice.index, logprobs });
  }

  #choice(index: number): Choice {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    if (this.#choices.size === MOST_CHOICES) throw tooManyChoices(PROVIDER);
    const choice = { index, candidate: new Candidate() };
    this.#choices.set(index, choice);
    return choice;
  }

  #toEvent(choice: Choice, piece: Piece, callIndex: number): ChatEvent {
    const { index } = choice;
    const { callIds } = this.#options;
    switch (piece.kind) {
      case "text":
        return { type: "text", choice: index, text: piece.text };
      case "reasoning":
        return { type: "reasoning", choice: index, text: piece.text };
      case "call": {
        const { name, args, signature } = piece;
        const extraContent = signature === undefined ? undefined : signatureContent(signature);
        const call = { id: callIds.of(piece), kind: "function" as const, name, arguments: args, extraContent };
        return { type: "tool_call", choice: index, index: callIndex, call };
      }
      case "audio": {
        choice.audio ??= { id: callIds.take(undefined), joiner: new Base64Joiner() };
        const { id, joiner } = choice.audio;
        return { type: "audio", choice: index, id, data: joiner.push(piece.data) };
      }
      case "image":
        return { type: "image", choice: index, url: piece.url, signature: piece.signature };
      case "signature":
        return { type: "signature", choice: index, signature: piece.signature };
      case "step":
        return { type: "provider_step", choice: index, step: piece.part };
    }
  }

  /** No candidates came: the prompt was blocked, or Gemini said nothing. */
  #endBlocked(): ChatEvent[] {
    if (this.#blocked === null) throw emptyCompletion(PROVIDER);
    const refusal: ChatEvent = { type: "refusal", choice: 0, text: this.#blocked };
    return [refusal, ...endChoice({ index: 0, candidate: new Candidate() }, null)];
  }
}

/** @param finish null for an answer that was blocked before it began */
function endChoice({ index, candidate, audio }: Choice, finish: FinishReason | null): ChatEvent[] {
  const events: ChatEvent[] = [];
  const lastAudio = audio?.joiner.end() ?? "";
  if (audio !== undefined && lastAudio !== "")
    events.push({ type: "audio", choice: index, id: audio.id, data: lastAudio });
  if (finish === "content_filter" && !candidate.spoke) {
    events.push({ type: "refusal", choice: index, text: withheldMessage(candidate) });
  }
  events.push({
    type: "citations",
    choice: index,
    annotations: candidate.annotations(),
    sources: candidate.sources(),
  });
  events.push({ type: "finish", choice: index, reason: finish ?? "content_filter" });
  return events;
}

/** What waits for the end of the message does not count as said, and takes no log probabilities. */
function isStreamed(event: ChatEvent): event is ContentEvent {
  return event.type !== "image" && event.type !== "signature" && event.type !== "provider_step";
}
