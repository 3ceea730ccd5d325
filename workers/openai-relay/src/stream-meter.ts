import type { ApiError } from "@ai-proxy/shared/errors";
import { isDone, SseParser, type UnfinishedEvent } from "@ai-proxy/shared/formats/sse";
import { fromOpenAIUsage, type Usage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject, tryParseJson, type Unchecked } from "@ai-proxy/shared/json";
import { MOST_CHOICES, tooManyChoices } from "@ai-proxy/shared/upstream/ceilings";
import { estimateTokens } from "@ai-proxy/shared/upstream/estimate";
import type { ResponseCompletedEvent, ResponseTextDeltaEvent } from "openai/resources/responses/responses";
import type { Answer, CalledTool, Choice, Message, ToolCall } from "./answer-shapes.ts";
import { type ErrorContext, reportsError, upstreamErrorEvent } from "./errors.ts";
import { explainsSilence } from "./finish-reason.ts";

/**
 * What accounting must know of an OpenAI stream: how many tokens, which model,
 * and whether it came to its end. Reads events and changes nothing. Pure.
 */
export class StreamMeter {
  readonly #parser: SseParser;
  readonly #errorContext: ErrorContext;
  /** Estimated prompt tokens, for a stream that ends without the provider's counts. */
  readonly #promptEstimate: number;
  #reported: Usage | null = null;
  #estimate = 0;
  #begun = false;
  #eventSeen = false;
  #readable = false;
  #contentSeen = false;
  /** Indexes of the choices that have begun and not ended, and of those that have. */
  readonly #open = new Set<number>();
  readonly #finished = new Set<number>();
  /** A finish reason has said why there may be no content. */
  #explained = false;
  #done = false;
  #error: ApiError | null = null;
  #model: string | undefined;

  /** @param eventBytes characters of one event; `push` throws at a longer one */
  constructor(provider: string, promptEstimate: number, secrets: readonly string[] = [], eventBytes?: number) {
    this.#parser = new SseParser(eventBytes);
    this.#errorContext = { provider, secrets };
    this.#promptEstimate = promptEstimate;
  }

  push(bytes: Uint8Array): void {
    // A comment at the start is a sign of life already (": OPENROUTER PROCESSING").
    if (bytes[0] === COLON) this.#begun = this.#readable = true;
    for (const data of this.#parser.push(bytes)) this.read(data);
  }

  /** The stream has ended: its last event may lack the blank line. True when nothing of an event was left half. */
  end(): boolean {
    const rest = this.#parser.end();
    for (const data of rest) this.read(data);
    return rest.every((data) => "[DONE]".startsWith(data.trim()) || isObject(tryParseJson(data)));
  }

  /** One event's data. */
  read(data: string): void {
    this.#begun = this.#eventSeen = true;
    if (isDone(data)) this.#done = this.#readable = true;
    else {
      const chunk = tryParseJson(data);
      if (isObject(chunk)) this.readChunk(chunk);
    }
  }

  readChunk(chunk: JsonObject): void {
    const { model, usage, choices }: Answer = chunk;
    this.#readable = true;
    this.#model ??= typeof model === "string" && model !== "" ? model : undefined;
    this.#reported = fromOpenAIUsage(usage) ?? this.#reported;
    if (reportsError(chunk))
      this.#error ??= upstreamErrorEvent(chunk, { ...this.#errorContext, spent: this.#reported });
    if (!Array.isArray(choices)) this.#readEvent(chunk);
    else for (const [place, choice] of choices.entries()) if (isObject(choice)) this.#readChoice(choice, place);
  }

  /** An event of the Responses API, which passes through: {"type": "response.output_text.delta", "delta": "Hi"} */
  #readEvent({ delta, response }: Unchecked<ResponseTextDeltaEvent> & Unchecked<ResponseCompletedEvent>): void {
    if (typeof delta === "string") this.#said(delta);
    if (isObject(response)) this.#reported = fromOpenAIUsage(response["usage"]) ?? this.#reported;
  }

  #readChoice({ index, usage, finish_reason: finish, delta, text }: Choice, place: number): void {
    this.#reported = fromOpenAIUsage(usage) ?? this.#reported;
    const own = typeof index === "number" ? index : place;
    // Some servers write "" where OpenAI writes null.
    if (typeof finish === "string" && finish !== "") {
      this.#finished.add(own);
      this.#explained ||= explainsSilence(finish);
      this.#open.delete(own);
    } else if (!this.#finished.has(own)) this.#open.add(own);
    const { provider } = this.#errorContext;
    if (this.#open.size + this.#finished.size > MOST_CHOICES) this.#error ??= tooManyChoices(provider);
    // A chat's delta, or the text of a completion.
    const said = isObject(delta) ? contentOf(delta) : text;
    if (typeof said === "string") this.#said(said);
  }

  #said(text: string): void {
    if (text === "") return;
    this.#contentSeen = true;
    // OpenAI sends a token an event, others several: never less than one for an event with content.
    if (this.#reported === null) this.#estimate += estimateTokens(text);
  }

  /** Anything of a stream has come. */
  get begun(): boolean {
    return this.#begun;
  }

  /** An event has come, not comments alone. */
  get eventSeen(): boolean {
    return this.#eventSeen;
  }

  /** What has come is of a stream of OpenAI's: an object, [DONE] or a comment. */
  get readable(): boolean {
    return this.#readable;
  }

  /** Text, reasoning, a tool call or a refusal has come. */
  get contentSeen(): boolean {
    return this.#contentSeen;
  }

  /** Nothing has come of an answer, and no finish reason says why. */
  get saidNothing(): boolean {
    return !this.#contentSeen && !this.#explained;
  }

  /** The answer is over: every choice that has begun has its finish reason, or [DONE] has come. */
  get complete(): boolean {
    return this.#done || (this.#finished.size > 0 && this.#open.size === 0);
  }

  get done(): boolean {
    return this.#done;
  }

  /** An error event of the provider's own. */
  get error(): ApiError | null {
    return this.#error;
  }

  get servedModel(): string | undefined {
    return this.#model;
  }

  /** The provider's counts, or an estimate of what has come so far. */
  get usage(): Usage {
    return (
      this.#reported ?? {
        promptTokens: this.#promptEstimate,
        completionTokens: this.#estimate,
        cachedTokens: 0,
        reasoningTokens: 0,
      }
    );
  }

  /** The provider's counts, as far as they have come. */
  get reportedUsage(): Usage | null {
    return this.#reported;
  }

  get usageEstimated(): boolean {
    return this.#reported === null;
  }

  get unfinished(): UnfinishedEvent {
    return this.#parser.unfinished;
  }

  /** Every event that has begun has ended. */
  get betweenEvents(): boolean {
    const { line, data } = this.unfinished;
    return line === "" && data === null;
  }
}

const COLON = 58;

/** All that a delta says, as one text, names and arguments of tool calls included; a space for what is no text. */
function contentOf(delta: Message): string {
  const { content, refusal, reasoning_content, reasoning, tool_calls, function_call, audio, images } = delta;
  let text = partsText(content);
  for (const said of [content, refusal, reasoning_content, reasoning]) if (typeof said === "string") text += said;
  for (const call of Array.isArray(tool_calls) ? tool_calls : []) if (isObject(call)) text += toolCallText(call);
  if (isObject(function_call)) text += calledText(function_call);
  // Audio deltas carry their transcript or bytes, OpenRouter's images a list; either is content.
  return isObject(audio) || (Array.isArray(images) && images.length > 0) ? `${text} ` : text;
}

function toolCallText(call: ToolCall): string {
  const called = call.function ?? call.custom;
  return isObject(called) ? calledText(called) : "";
}

function calledText(called: CalledTool): string {
  return [called.name, called.arguments, called.input].filter((value) => typeof value === "string").join("");
}

/** Mistral's reasoning models: [{type: "thinking", thinking: [{type: "text", text: "…"}]}, {type: "text", text: "…"}] */
function partsText(content: unknown): string {
  if (!Array.isArray(content)) return "";
  const parts: JsonObject[] = content.filter(isObject);
  return parts.map(({ text, thinking }) => (typeof text === "string" ? text : partsText(thinking) || " ")).join("");
}
