import { invalidResponse } from "@ai-proxy/shared/errors";
import { isDone, SSE_DONE } from "@ai-proxy/shared/formats/sse";
import { toOpenAIUsage, type Usage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { cutError, emptyCompletion } from "@ai-proxy/shared/upstream/reply";
import type { StreamTranslator } from "@ai-proxy/shared/upstream/stream";
import { UsageMeter } from "@ai-proxy/shared/upstream/usage-meter";
import { moreOfAnswer, saysMore } from "./catalog.ts";
import { type Envelope, envelopeFrom, fingerprint, servedModel } from "./envelope.ts";
import { bodyFailure, failureError } from "./errors.ts";
import { finishReason } from "./finish-reason.ts";
import { leakedCalls } from "./leaked-calls.ts";
import { countedUsage, type OutputRow, outputRows } from "./output.ts";
import { PROVIDER } from "./provider.ts";
import { brokenOff, type CompletionOptions } from "./response.ts";
import { StopText } from "./stop.ts";
import { toolCallIds } from "./tool-call-id.ts";
import { callText, type ToolCallDelta, ToolCallStream } from "./tool-calls.ts";

export interface StreamOptions extends CompletionOptions {
  /** The client asked for a usage chunk. */
  includeUsage: boolean;
  /** Choices that the client asked for. */
  n: number;
}

interface Choice {
  begun: boolean;
  calls: ToolCallStream;
  stop: StopText;
  /** Text that waits for the end, where a call is demanded and the text may turn out to be one. */
  held: string;
  finish: string | undefined;
}

interface Delta {
  role?: "assistant";
  content?: string | null;
  reasoning_content?: string;
  refusal?: string;
  tool_calls?: ToolCallDelta[];
}

function hasScores({ logprobs }: OutputRow): boolean {
  const content = logprobs?.["content"];
  return Array.isArray(content) && content.length > 0;
}

/**
 * A stream of either family → OpenAI's chunks. Native events are
 * `{response: "He", p: "padding"}`, OpenAI-shaped ones `{choices: [{delta}]}`;
 * both end with `[DONE]`. Finish reasons and usage wait for the end, because
 * native models name no reason and others send calls after theirs.
 */
export class WorkersAiStream implements StreamTranslator {
  readonly #options: StreamOptions;
  readonly #meter: UsageMeter;
  readonly #choices = new Map<number, Choice>();
  #envelope: Envelope | undefined;
  /** `data: {…,"choices":[` of every chunk. */
  #head = "";
  /** What another vendor's chunks have had beyond ours. */
  #more: JsonObject = {};
  readonly #newId = toolCallIds();
  #done = false;
  #contentSeen = false;
  #servedModel: string | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#meter = new UsageMeter(options.estimatePrompt);
  }

  get contentSeen(): boolean {
    return this.#contentSeen;
  }

  /** [DONE] has come, or every choice to a stop sequence: what the model writes on is not asked for. */
  get finished(): boolean {
    const all = this.#choices.size === this.#options.n;
    return this.#done || (all && this.#choices.values().every((choice) => choice.stop.stopped));
  }

  get usage(): Usage {
    return this.#meter.usage;
  }

  get usageEstimated(): boolean {
    return this.#meter.estimated;
  }

  get servedModel(): string | undefined {
    return this.#servedModel;
  }

  push(data: string): string {
    if (this.#done) return "";
    if (isDone(data)) {
      this.#done = true;
      return "";
    }
    const event = tryParseJson(data);
    if (!isObject(event)) throw invalidResponse("Workers AI sent an event that is not a JSON object.");
    const failure = bodyFailure(event);
    if (failure !== undefined) throw failureError(failure, this.#options.envelope.created * 1000);
    this.#open(event);
    let text = "";
    for (const row of outputRows(event, this.#options.catalog)) text += this.#row(row);
    this.#meter.report(countedUsage(event));
    return text;
  }

  end(): string {
    if (!this.#done && !this.#hasFinished()) throw cutError(PROVIDER);
    if (this.#options.refuseEmpty && this.#saidNothing()) throw emptyCompletion(PROVIDER);
    if (this.#envelope === undefined) this.#open({});
    if (this.#choices.size === 0) this.#choice(0);
    let text = "";
    for (const [index, choice] of this.#choices) text += this.#finish(index, choice);
    if (this.#options.includeUsage) text += `${this.#head}],"usage":${JSON.stringify(toOpenAIUsage(this.usage))}}\n\n`;
    return text + SSE_DONE;
  }

  /** The first event gives all chunks their id. */
  #open(event: JsonObject): void {
    this.#servedModel ??= servedModel(event);
    const { catalog, envelope: ours } = this.#options;
    if (this.#envelope !== undefined && !catalog) return;
    const envelope = this.#envelope ?? envelopeFrom(event, ours);
    if (catalog) this.#more = { ...this.#more, ...fingerprint(event), ...moreOfAnswer(event) };
    const more = catalog ? this.#more : fingerprint(event);
    const { id, created, model } = envelope;
    const head = JSON.stringify({ id, object: "chat.completion.chunk", created, model, ...more });
    this.#envelope = envelope;
    this.#head = `data: ${head.slice(0, -1)},"choices":[`;
  }

  #choice(index: number): Choice {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    const choice: Choice = {
      begun: false,
      calls: new ToolCallStream(() => this.#newId()),
      stop: new StopText(this.#options.stops),
      held: "",
      finish: undefined,
    };
    this.#choices.set(index, choice);
    return choice;
  }

  #row(row: OutputRow): string {
    const choice = this.#choice(row.index);
    choice.finish = row.finish ?? choice.finish;
    const delta: Delta = {};
    if (row.reasoning !== "") delta.reasoning_content = row.reasoning;
    const content = this.#content(choice, row.text ?? "");
    if (content !== "") delta.content = content;
    if (row.refusal !== null) delta.refusal = row.refusal;
    const calls = choice.calls.pushAll(row.toolCalls);
    if (calls.length > 0) delta.tool_calls = calls;
    const silent = Object.keys(delta).length === 0;
    if (!silent || saysMore(row.more)) this.#contentSeen = true;
    // Log probabilities come without text too: for a part of a character, or where a stop sequence may begin.
    if (silent && Object.keys(row.more).length === 0 && !hasScores(row)) return "";
    this.#measure(delta);
    return this.#chunk(row.index, { ...row.more, ...this.#begin(choice, delta) }, null, row.logprobs);
  }

  /** The part of a choice's text that can be sent now. */
  #content(choice: Choice, text: string): string {
    if (this.#options.demanded.size === 0) return choice.stop.push(text);
    choice.held += text;
    this.#meter.wrote(text);
    return "";
  }

  /** What was held back until the end of a choice. */
  #lastWords(choice: Choice): Delta {
    const leaked = choice.calls.any ? null : leakedCalls(choice.held, this.#options.demanded);
    const begun = choice.calls.pushAll(leaked ?? []);
    const content = leaked === null ? choice.stop.push(choice.held) + choice.stop.end() : "";
    const calls = [...begun, ...choice.calls.end()];
    return { ...(content !== "" && { content }), ...(calls.length > 0 && { tool_calls: calls }) };
  }

  /** The first delta of a choice says who speaks. */
  #begin(choice: Choice, delta: Delta): Delta {
    if (choice.begun) return delta;
    choice.begun = true;
    return {
      role: "assistant",
      ...(delta.content === undefined && { content: delta.tool_calls ? null : "" }),
      ...delta,
    };
  }

  #measure({ content, reasoning_content: reasoning, tool_calls: calls = [] }: Delta): void {
    if (content) this.#meter.wrote(content);
    if (reasoning !== undefined) this.#meter.reasoned(reasoning);
    for (const call of calls) this.#meter.wrote(callText(call));
  }

  #finish(index: number, choice: Choice): string {
    const last = this.#lastWords(choice);
    const reason = finishReason(choice.stop.stopped ? "stop" : choice.finish, choice.calls.any);
    if (reason === null) throw brokenOff(choice.finish);
    const text = Object.keys(last).length > 0 ? this.#chunk(index, this.#begin(choice, last), null, null) : "";
    return text + this.#chunk(index, choice.begun ? {} : this.#begin(choice, {}), reason, null);
  }

  /** Without [DONE], every choice has to have come to its end. */
  #hasFinished(): boolean {
    const choices = [...this.#choices.values()];
    return choices.length > 0 && choices.every((choice) => choice.finish !== undefined || choice.stop.stopped);
  }

  /** No content came, and nothing explains why: a choice that ended at its first token is `length`. */
  #saidNothing(): boolean {
    const silent = (choice: Choice) => choice.held === "" && finishReason(choice.finish, false) === "stop";
    return !this.#contentSeen && this.#choices.values().every(silent);
  }

  #chunk(index: number, delta: Delta, finish: string | null, logprobs: JsonObject | null): string {
    const tail = this.#options.includeUsage ? `],"usage":null}\n\n` : "]}\n\n";
    return this.#head + JSON.stringify({ index, delta, logprobs, finish_reason: finish }) + tail;
  }
}
