import { SSE_DONE } from "@ai-proxy/shared/formats/sse";
import { toOpenAIUsage, type Usage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { cutError, emptyCompletion } from "@ai-proxy/shared/upstream/reply";
import type { StreamTranslator } from "@ai-proxy/shared/upstream/stream";
import { UsageMeter } from "@ai-proxy/shared/upstream/usage-meter";
import { blockedPrompt, serviceTier, systemFingerprint } from "./answer.ts";
import { AudioDeltas } from "./audio.ts";
import type { CallIds } from "./call-ids.ts";
import { type AnswerEnvelope, Candidate } from "./candidate.ts";
import { answeredError, PROVIDER, unreadable } from "./errors.ts";
import { type Extra, Extras, isExtra } from "./extras.ts";
import { type FinishReason, finishReasons, withheldMessage } from "./finish-reason.ts";
import { readLogprobs } from "./logprobs.ts";
import type { Piece } from "./pieces.ts";
import { asText } from "./read.ts";
import { toolCall } from "./response.ts";
import { mergeReports, readUsage } from "./usage.ts";

export interface GeminiStreamOptions {
  envelope: AnswerEnvelope;
  includeUsage: boolean;
  callIds: CallIds;
  /** Tokens of the prompt, for a stream that ends before Gemini has counted. */
  estimatePrompt: () => number;
}

/** A candidate as the client sees it. */
interface Choice {
  index: number;
  candidate: Candidate;
  /** Its first delta, which has the role, was sent. */
  begun: boolean;
  /** What it says aloud: one file, however many pieces it comes in. */
  audio?: AudioDeltas;
  /** Sent at its end. */
  extras: Extras;
}

type StreamedPiece = Exclude<Piece, Extra>;

function newChoice(index: number): Choice {
  return { index, candidate: new Candidate(), begun: false, extras: new Extras() };
}

/**
 * Gemini's stream of GenerateContentResponses → OpenAI's chunks. A finish
 * reason is sent at the very end only: text may follow the first one, and a
 * later one may count more. Chunks are put together as text from small
 * pieces, since push() runs for each token.
 */
export class GeminiStream implements StreamTranslator {
  readonly #options: GeminiStreamOptions;
  readonly #choices = new Map<number, Choice>();
  /** Beginning and end that all chunks share; the beginning is known with the first event. */
  #head = "";
  readonly #tail: string;
  #report: JsonObject | null = null;
  #blocked: string | null = null;
  contentSeen = false;
  servedModel: string | undefined;
  readonly #meter: UsageMeter;

  constructor(options: GeminiStreamOptions) {
    this.#options = options;
    this.#meter = new UsageMeter(options.estimatePrompt);
    // OpenAI writes a null usage into every chunk of a stream that ends with one.
    this.#tail = options.includeUsage ? '],"usage":null}\n\n' : "]}\n\n";
  }

  get usage(): Usage {
    return this.#meter.usage;
  }

  get usageEstimated(): boolean {
    return this.#meter.estimated;
  }

  push(data: string): string {
    const event = tryParseJson(data);
    if (isObject(event)) return this.#event(event);
    if (data.trim() === "[DONE]" || data.trim() === "") return "";
    // Errors come in a list of one where alt=sse is not known.
    if (!Array.isArray(event) || !event.every(isObject)) throw unreadable();
    return event.map((one) => this.#event(one)).join("");
  }

  #event(event: JsonObject): string {
    const error = answeredError(event);
    if (error !== null) throw error;
    if (this.#head === "") this.#head = this.#beginChunks(event);
    this.servedModel ??= asText(event["modelVersion"]);
    if (isObject(event["usageMetadata"])) {
      this.#report = mergeReports(this.#report, event["usageMetadata"]);
      this.#meter.report(readUsage(this.#report));
    }
    this.#blocked ??= blockedPrompt(event);
    const { candidates } = event;
    let text = "";
    if (Array.isArray(candidates)) for (const given of candidates) if (isObject(given)) text += this.#read(given);
    return text;
  }

  end(): string {
    const choices = [...this.#choices.values()].sort((a, b) => a.index - b.index);
    if (choices.length === 0) return this.#endBlocked();
    if (this.#blocked !== null) for (const { candidate } of choices) candidate.block(this.#blocked);
    if (choices.some(({ candidate }) => candidate.reasons.length === 0)) throw cutError(PROVIDER);
    const finishOf = finishReasons(choices.map(({ candidate }) => candidate));
    const ends = choices.map((choice) => ({ choice, finish: finishOf(choice.candidate) }));
    const said = this.contentSeen || choices.some(({ candidate }) => candidate.spoke);
    if (!said && ends.every(({ finish }) => finish === "stop")) throw emptyCompletion(PROVIDER);
    return ends.map(({ choice, finish }) => this.#endChoice(choice, finish)).join("") + this.#endStream();
  }

  #read(given: JsonObject): string {
    const index = typeof given["index"] === "number" ? given["index"] : 0;
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      choice = newChoice(index);
      this.#choices.set(index, choice);
    }
    const callsBefore = choice.candidate.calls;
    const pieces = choice.candidate.read(given);
    let logprobs = readLogprobs(given["logprobsResult"]);
    let call = callsBefore;
    let text = "";
    for (const piece of pieces) {
      if (isExtra(piece)) {
        choice.extras.add(piece);
        continue;
      }
      this.#count(piece);
      // Reasoning too: it is no answer yet, but the client reads it while it comes. What waits for the end does not count.
      this.contentSeen = true;
      text += this.#chunk(choice, this.#fields(choice, piece, call), null, logprobs);
      if (piece.kind === "call") call++;
      logprobs = null;
    }
    return logprobs === null ? text : text + this.#chunk(choice, "", null, logprobs);
  }

  /** @param call index that the piece has if it is a call */
  #fields(choice: Choice, piece: StreamedPiece, call: number): string {
    switch (piece.kind) {
      case "text":
        return `"content":${JSON.stringify(piece.text)}`;
      case "reasoning":
        return `"reasoning_content":${JSON.stringify(piece.text)}`;
      case "call":
        return this.#callFields(piece, call);
      case "audio":
        choice.audio ??= new AudioDeltas(this.#options.callIds.take(undefined));
        return audioFields(choice.audio.push(piece.data));
    }
  }

  #count(piece: StreamedPiece): void {
    if (piece.kind === "text") this.#meter.wrote(piece.text);
    else if (piece.kind === "reasoning") this.#meter.reasoned(piece.text);
    else if (piece.kind === "call") this.#meter.wrote(piece.name + piece.args);
  }

  /** A call comes whole: Gemini does not stream arguments. */
  #callFields(piece: Extract<Piece, { kind: "call" }>, index: number): string {
    return `"tool_calls":[${JSON.stringify({ index, ...toolCall(piece, this.#options.callIds) })}]`;
  }

  #endChoice(choice: Choice, finish: FinishReason): string {
    const { candidate, audio } = choice;
    let text = "";
    for (const delta of audio?.end() ?? []) text += this.#chunk(choice, audioFields(delta), null);
    if (finish === "content_filter" && !candidate.spoke) {
      this.contentSeen = true;
      text += this.#chunk(choice, `"refusal":${JSON.stringify(withheldMessage(candidate))}`, null);
    }
    return text + this.#lastDelta(choice) + this.#chunk(choice, "", finish);
  }

  /** What is known, or can be put together by clients, at the end only. */
  #lastDelta(choice: Choice): string {
    const { candidate, extras } = choice;
    const annotations = candidate.annotations();
    const members = { ...(annotations.length > 0 && { annotations }), ...extras.members(candidate.sources()) };
    if (Object.keys(members).length === 0) return "";
    const fields = JSON.stringify(members).slice(1, -1);
    return this.#chunk(choice, choice.begun ? fields : `"content":"",${fields}`, null);
  }

  /** No candidates came: the prompt was blocked, or Gemini said nothing. */
  #endBlocked(): string {
    if (this.#blocked === null) throw emptyCompletion(PROVIDER);
    const choice = newChoice(0);
    this.contentSeen = true;
    const refusal = this.#chunk(choice, `"refusal":${JSON.stringify(this.#blocked)}`, null);
    return refusal + this.#chunk(choice, "", "content_filter") + this.#endStream();
  }

  #endStream(): string {
    const { reported } = this.#meter;
    if (!this.#options.includeUsage || reported === null) return SSE_DONE;
    return `${this.#head}],"usage":${JSON.stringify(toOpenAIUsage(reported))}}\n\n${SSE_DONE}`;
  }

  /** @param fields members of the delta as JSON text, without braces */
  #chunk(choice: Choice, fields: string, finish: FinishReason | null, logprobs: JsonObject | null = null): string {
    const delta = choice.begun ? fields : firstDelta(fields);
    choice.begun = true;
    const scores = logprobs === null ? "null" : JSON.stringify(logprobs);
    const reason = finish === null ? "null" : `"${finish}"`;
    return `${this.#head}{"index":${choice.index},"delta":{${delta}},"logprobs":${scores},"finish_reason":${reason}}${this.#tail}`;
  }

  #beginChunks(event: JsonObject): string {
    const { id, created, model } = this.#options.envelope;
    const tier = serviceTier(event);
    const head = JSON.stringify({
      id,
      object: "chat.completion.chunk",
      created,
      model,
      ...(tier !== undefined && { service_tier: tier }),
      system_fingerprint: systemFingerprint(event),
    });
    return `data: ${head.slice(0, -1)},"choices":[`;
  }
}

/** OpenAI begins each choice with its role, and with null content where a call or a refusal comes first. */
function firstDelta(fields: string): string {
  if (fields === "") return '"role":"assistant","content":""';
  return `"role":"assistant",${fields.startsWith('"content"') ? "" : '"content":null,'}${fields}`;
}

function audioFields(delta: JsonObject): string {
  return `"audio":${JSON.stringify(delta)}`;
}
