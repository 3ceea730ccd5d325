import { invalidResponse } from "@ai-proxy/shared/errors";
import type { BegunEvent, ChatEvent, ContentEvent } from "@ai-proxy/shared/formats/chat-events";
import { isDone } from "@ai-proxy/shared/formats/sse";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { MOST_CHOICES, tooManyChoices } from "@ai-proxy/shared/upstream/ceilings";
import { cutError, emptyCompletion } from "@ai-proxy/shared/upstream/reply";
import type { StreamTranslator } from "@ai-proxy/shared/upstream/stream-translator";
import { createdAt, fingerprint, ownId, servedModel } from "./answer-metadata.ts";
import { moreOfAnswer, saysMore } from "./catalog.ts";
import { bodyFailure, failureError } from "./errors.ts";
import { finishReason } from "./finish-reason.ts";
import { leakedCalls } from "./leaked-calls.ts";
import { countedUsage, type OutputRow, outputRows } from "./output-rows.ts";
import { PROVIDER } from "./provider.ts";
import { StopText } from "./stop-sequences.ts";
import { toolCallIds } from "./tool-call-ids.ts";
import { type ToolCallPiece, ToolCallStream } from "./tool-calls.ts";

export interface AnswerTranslatorOptions {
  /** An answer without anything in it is thrown as a failed attempt, because another attempt waits. */
  refuseEmpty: boolean;
  /** Where the text of the answer ends, whether or not the model heeds it. */
  stops: readonly string[];
  /** Functions of which the request demands a call; a text that is such a call is given as one. */
  demanded: ReadonlySet<string>;
  /** The model is another vendor's: what its answer has beyond ours stays. */
  catalog: boolean;
  /** Choices that the client asked for. */
  n: number;
  /** The answer comes whole, as one event: it needs no [DONE]. */
  whole: boolean;
  /** When the request came, milliseconds since the epoch. */
  startedAt: number;
}

interface Choice {
  index: number;
  calls: ToolCallStream;
  stop: StopText;
  /** Text that waits for the end, where a call is demanded and the text may turn out to be one. */
  held: string;
  /** The model gave a text, if only an empty one: null is for answers of another kind. */
  hasText: boolean;
  finish: string | undefined;
}

/**
 * An answer of either family → chat events. Native events are
 * `{response: "He", p: "padding"}`, OpenAI-shaped ones `{choices: [{delta}]}`;
 * both end with `[DONE]`. Finish reasons wait for the end, because native
 * models name none and others send calls after theirs.
 */
export class AnswerTranslator implements StreamTranslator {
  readonly #options: AnswerTranslatorOptions;
  readonly #choices = new Map<number, Choice>();
  #begun: BegunEvent | undefined;
  readonly #newId = toolCallIds();
  #done = false;
  #said = false;

  constructor(options: AnswerTranslatorOptions) {
    this.#options = options;
  }

  /** [DONE] has come, or every choice to a stop sequence: what the model writes on is not asked for. */
  get finished(): boolean {
    const all = this.#choices.size === this.#options.n;
    return this.#done || (all && this.#choices.values().every((choice) => choice.stop.stopped));
  }

  get heldText(): string {
    let text = "";
    for (const { held } of this.#choices.values()) text += held;
    return text;
  }

  push(data: string): ChatEvent[] {
    if (this.#done) return [];
    if (isDone(data)) {
      this.#done = true;
      return [];
    }
    const output = tryParseJson(data);
    if (!isObject(output)) throw invalidResponse("Workers AI sent an event that is not a JSON object.");
    return this.read(output);
  }

  /** One event of a stream, or the whole answer. Throws the failure that it may tell of. */
  read(output: JsonObject): ChatEvent[] {
    const failure = bodyFailure(output);
    if (failure !== undefined) throw failureError(failure, this.#options.startedAt);
    const events: ChatEvent[] = this.#begin(output);
    for (const row of outputRows(output, this.#options.catalog)) this.#readRow(row, events);
    const usage = countedUsage(output);
    if (usage !== null) events.push({ type: "usage", usage });
    return events;
  }

  end(): ChatEvent[] {
    const { whole, refuseEmpty } = this.#options;
    if (!whole && !this.#done && !this.#hasFinished()) throw cutError(PROVIDER);
    if (refuseEmpty && this.#saidNothing()) throw emptyCompletion(PROVIDER);
    if (this.#choices.size === 0) this.#choice(0);
    return [...this.#choices.values()].flatMap((choice) => this.#finish(choice));
  }

  /** The first event gives the answer its id; another vendor's later ones may bring further members. */
  #begin(output: JsonObject): BegunEvent[] {
    const { catalog } = this.#options;
    const before = this.#begun;
    if (before !== undefined && !catalog) {
      const served = servedModel(output);
      if (served === undefined || before.servedModel !== undefined) return [];
    }
    this.#begun = {
      type: "begun",
      id: before === undefined ? ownId(output) : before.id,
      created: before === undefined ? createdAt(output) : before.created,
      servedModel: before?.servedModel ?? servedModel(output),
      members:
        before !== undefined && !catalog
          ? before.members
          : { ...before?.members, ...fingerprint(output), ...(catalog && moreOfAnswer(output)) },
    };
    return [this.#begun];
  }

  #choice(index: number): Choice {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    if (this.#choices.size === MOST_CHOICES) throw tooManyChoices(PROVIDER);
    const choice: Choice = {
      index,
      calls: new ToolCallStream(() => this.#newId()),
      stop: new StopText(this.#options.stops),
      held: "",
      hasText: false,
      finish: undefined,
    };
    this.#choices.set(index, choice);
    return choice;
  }

  #readRow(row: OutputRow, events: ChatEvent[]): void {
    const choice = this.#choice(row.index);
    choice.finish = row.finish ?? choice.finish;
    choice.hasText ||= row.text !== null;
    const said: ContentEvent[] = [];
    if (row.reasoning !== "") said.push({ type: "reasoning", choice: row.index, text: row.reasoning });
    const text = this.#textToSend(choice, row.text ?? "");
    if (text !== "") said.push({ type: "text", choice: row.index, text });
    if (row.refusal !== null) said.push({ type: "refusal", choice: row.index, text: row.refusal });
    for (const piece of choice.calls.pushAll(row.toolCalls)) said.push(callEvent(row.index, piece));
    const says = saysMore(row.more);
    if (said.length > 0 || says) this.#said = true;
    if (Object.keys(row.more).length > 0) said.push({ type: "members", choice: row.index, members: row.more, says });
    // Log probabilities come without text too: for a part of a character, or where a stop sequence may begin.
    if (said.length === 0 && hasScores(row)) said.push({ type: "logprobs", choice: row.index });
    const [first] = said;
    if (first !== undefined && row.logprobs !== null) first.logprobs = row.logprobs;
    events.push(...said);
  }

  /** The part of a choice's text that can be sent now. */
  #textToSend(choice: Choice, text: string): string {
    if (this.#options.demanded.size === 0) return choice.stop.push(text);
    choice.held += text;
    return "";
  }

  #finish(choice: Choice): ChatEvent[] {
    const { index, calls, stop } = choice;
    const leaked = calls.any ? null : leakedCalls(choice.held, this.#options.demanded);
    const events: ChatEvent[] = [];
    const text = leaked === null ? stop.push(choice.held) + stop.end() : "";
    choice.held = "";
    if (text !== "" || (this.#options.whole && choice.hasText && leaked === null))
      events.push({ type: "text", choice: index, text });
    for (const piece of [...calls.pushAll(leaked ?? []), ...calls.end()]) events.push(callEvent(index, piece));
    const reason = finishReason(stop.stopped ? "stop" : choice.finish, calls.any);
    if (reason === null) throw brokenOff(choice.finish);
    return [...events, { type: "finish", choice: index, reason }];
  }

  /** Without [DONE], every choice has to have come to its end. */
  #hasFinished(): boolean {
    const choices = [...this.#choices.values()];
    return choices.length > 0 && choices.every((choice) => choice.finish !== undefined || choice.stop.stopped);
  }

  /** No content came, and nothing explains why: a choice that ended at its first token is `length`. */
  #saidNothing(): boolean {
    const silent = (choice: Choice) => choice.held === "" && finishReason(choice.finish, false) === "stop";
    return !this.#said && this.#choices.values().every(silent);
  }
}

function callEvent(choice: number, piece: ToolCallPiece): ContentEvent {
  const { index } = piece;
  return "call" in piece
    ? { type: "tool_call", choice, index, call: piece.call }
    : { type: "tool_arguments", choice, index, kind: piece.kind, text: piece.text };
}

function hasScores({ logprobs }: OutputRow): boolean {
  const content = logprobs?.["content"];
  return Array.isArray(content) && content.length > 0;
}

/** The model itself says that it did not come to an end. */
function brokenOff(reason: string | undefined): Error {
  return invalidResponse(
    `The model stopped before the end of its answer (${reason ?? "no reason given"}).`,
    "model_error",
  );
}
