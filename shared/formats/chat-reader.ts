import { isObject, type JsonObject } from "../json.ts";
import type { BegunEvent, ChatEvent, FinishReason, ToolCall } from "./chat-events.ts";
import { readContentParts } from "./content-parts.ts";
import { joinDeltas } from "./join-deltas.ts";
import { fromOpenAIUsage } from "./usage.ts";

/** A choice as it has been read so far. */
interface ReadChoice {
  index: number;
  /** There was a content, perhaps an empty one. */
  hasContent: boolean;
  /** Calls by the index that they came with, or by their order; the last one is what goes on without an index. */
  calls: Map<unknown, { place: number; id: string }>;
  lastCall: unknown;
  /** What the message has beside the members that have an event of their own. */
  members: JsonObject;
}

/** Members of a message, and of an answer, that are read one by one. */
const SAID: ReadonlySet<string> = new Set([
  "role",
  "content",
  "reasoning_content",
  "reasoning",
  "refusal",
  "tool_calls",
]);
const ENVELOPE: ReadonlySet<string> = new Set(["id", "object", "created", "model", "choices", "usage", "obfuscation"]);

/** Members of a message that are a part of the answer. */
const SAYING = ["function_call", "audio", "images"];

/**
 * OpenAI's chat answers → chat events, the counterpart of chat-writer.ts: chunks of a stream one after the other, or a
 * whole chat.completion as the only one. One instance an answer. Vendors' `reasoning`, content in parts, missing
 * indexes and arguments that are objects are read as well; members that have no event come at the end of their choice.
 */
export class ChatReader {
  readonly #choices = new Map<number, ReadChoice>();
  #begun: BegunEvent | null = null;

  push(answer: JsonObject): ChatEvent[] {
    const events = this.#begin(answer);
    const choices: unknown[] = Array.isArray(answer["choices"]) ? answer["choices"] : [];
    for (const [place, choice] of choices.entries()) if (isObject(choice)) events.push(...this.#read(choice, place));
    const usage = fromOpenAIUsage(answer["usage"]);
    if (usage !== null) events.push({ type: "usage", usage });
    return events;
  }

  /** What the end of a stream completes: choices that ended without a finish reason. */
  end(): ChatEvent[] {
    return [...this.#choices.values()].flatMap(membersEvent);
  }

  /** The envelope, again where it has members that it did not have before. */
  #begin({ id, created, model, ...rest }: JsonObject): ChatEvent[] {
    const more = Object.entries(rest).filter(([name, value]) => !ENVELOPE.has(name) && value !== null);
    const members = { ...this.#begun?.members, ...Object.fromEntries(more) };
    if (this.#begun !== null && JSON.stringify(members) === JSON.stringify(this.#begun.members)) return [];
    this.#begun ??= {
      type: "begun",
      ...(typeof id === "string" && id !== "" && { id }),
      ...(typeof created === "number" && { created }),
      ...(typeof model === "string" && model !== "" && { servedModel: model }),
      members,
    };
    this.#begun = { ...this.#begun, members };
    return [this.#begun];
  }

  #read(choice: JsonObject, place: number): ChatEvent[] {
    const said = [choice["delta"], choice["message"]].find(isObject) ?? {};
    const own = this.#choiceOf(typeof choice["index"] === "number" ? choice["index"] : place);
    const events = [...this.#say(own, said, isObject(choice["message"]))];
    const { logprobs, finish_reason: reason } = choice;
    if (isObject(logprobs)) withLogprobs(events, own.index, logprobs);
    for (const [name, value] of Object.entries(said)) {
      if (!SAID.has(name) && value !== null) own.members = joinDeltas(own.members, { [name]: value });
    }
    if (typeof reason === "string" && reason !== "") {
      events.push(...membersEvent(own), { type: "finish", choice: own.index, reason: finishReason(reason) });
    }
    return events;
  }

  #choiceOf(index: number): ReadChoice {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    const choice = { index, hasContent: false, calls: new Map(), lastCall: undefined, members: {} };
    this.#choices.set(index, choice);
    return choice;
  }

  *#say(choice: ReadChoice, said: JsonObject, isWhole: boolean): Generator<ChatEvent> {
    const { content, reasoning_content, reasoning, refusal, tool_calls } = said;
    const parts = Array.isArray(content) ? readContentParts(content) : null;
    const thought = [reasoning_content, reasoning, parts?.reasoning].find(isText);
    if (thought !== undefined) yield { type: "reasoning", choice: choice.index, text: thought };
    const text = parts?.text ?? (isObject(content) ? JSON.stringify(content) : content);
    if (typeof text === "string" && (text !== "" || !choice.hasContent)) {
      choice.hasContent = true;
      yield { type: "text", choice: choice.index, text };
    }
    if (isText(refusal)) yield { type: "refusal", choice: choice.index, text: refusal };
    const calls: unknown[] = Array.isArray(tool_calls) ? tool_calls : [];
    for (const [place, call] of calls.entries()) {
      if (isObject(call)) yield toolEvent(choice, call, isWhole ? place : undefined);
    }
  }
}

/** A call that begins, or more of one. In a whole message each is one of its own, in `place`. */
function toolEvent(choice: ReadChoice, call: JsonObject, place: number | undefined): ChatEvent {
  const read = readCall(call);
  const key = place ?? callKey(choice, call, read);
  choice.lastCall = key;
  const known = choice.calls.get(key);
  if (known !== undefined) {
    return { type: "tool_arguments", choice: choice.index, index: known.place, kind: read.kind, text: read.arguments };
  }
  const index = choice.calls.size;
  const id = read.id || `call_${choice.index}_${index}`;
  choice.calls.set(key, { place: index, id });
  return { type: "tool_call", choice: choice.index, index, call: { ...read, id } };
}

/** Without an index, another id begins another call, and so does a name without an id; all else goes on with the last. */
function callKey({ calls, lastCall }: ReadChoice, { index }: JsonObject, { id, name }: ToolCall): unknown {
  if (typeof index === "number") return index;
  const last = calls.get(lastCall);
  const begins = last === undefined || (id === "" ? name !== "" : id !== last.id);
  return begins ? calls.size : lastCall;
}

function readCall(call: JsonObject): ToolCall {
  const { id, type, custom, extra_content: extraContent } = call;
  const kind = type === "custom" || isObject(custom) ? "custom" : "function";
  const called = call[kind];
  const { name, arguments: args, input } = isObject(called) ? called : {};
  const given = kind === "custom" ? input : args;
  return {
    id: typeof id === "string" ? id : "",
    kind,
    name: typeof name === "string" ? name : "",
    arguments: typeof given === "string" ? given : isObject(given) ? JSON.stringify(given) : "",
    ...(isObject(extraContent) && { extraContent }),
  };
}

/** The log probabilities belong to what was said with them; where nothing was, they have an event of their own. */
function withLogprobs(events: ChatEvent[], choice: number, logprobs: JsonObject): void {
  const at = events.findLastIndex(({ type }) => type === "text" || type === "refusal");
  const event = events[at];
  if (event?.type === "text" || event?.type === "refusal") events[at] = { ...event, logprobs };
  else events.push({ type: "logprobs", choice, logprobs });
}

function membersEvent(choice: ReadChoice): ChatEvent[] {
  const { index, members } = choice;
  choice.members = {};
  if (Object.keys(members).length === 0) return [];
  return [{ type: "members", choice: index, members, says: SAYING.some((name) => name in members) }];
}

/** OpenAI's reasons; Mistral's `model_length`, Z.ai's `sensitive`; other words for a normal end. */
function finishReason(reason: string): FinishReason {
  switch (reason) {
    case "length":
    case "tool_calls":
    case "function_call":
    case "content_filter":
      return reason;
    case "max_tokens":
    case "model_length":
      return "length";
    case "sensitive":
      return "content_filter";
    default:
      return "stop";
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
