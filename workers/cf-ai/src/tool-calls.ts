import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { integer } from "./output.ts";
import { clientToolCallId } from "./tool-call-id.ts";

/** What is called: a function, or (OpenAI's models by way of AI Gateway) a custom tool. */
type Called = { function: { name?: string; arguments: string } } | { custom: { name?: string; input: string } };

/** What a vendor adds to a call and wants back with it: Gemini's thought signature, by way of AI Gateway. */
interface Extra {
  extra_content?: JsonObject;
}

export type ToolCall = { id: string; type: "function" | "custom" } & Called & Extra;

/**
 * The tool calls of a whole answer. Native models give them flat
 * (`{name, arguments: {…}}`), OpenAI-shaped ones nested with arguments as text;
 * ids stay as they are (P32), `newId` makes one where there is none.
 */
export function toolCalls(given: readonly JsonObject[], newId: () => string): ToolCall[] {
  const calls: ToolCall[] = [];
  const used = new Set<string>();
  for (const call of given) {
    const { id, type, name, args, extra } = callParts(call);
    if (name === "") continue;
    const own = id !== "" && !used.has(id) ? clientToolCallId(id, name, newId) : newId();
    used.add(id);
    calls.push({ id: own, type, ...called(type, args === "" && type === "function" ? "{}" : args, name), ...extra });
  }
  return calls;
}

export type ToolCallDelta = { index: number; id?: string; type?: "function" | "custom" } & Called & Extra;

/** Name and arguments as one text, for the account. */
export function callText(call: Called): string {
  return "function" in call
    ? (call.function.name ?? "") + call.function.arguments
    : (call.custom.name ?? "") + call.custom.input;
}

function called(type: "function" | "custom", args: string, name?: string): Called {
  const named = name === undefined ? {} : { name };
  return type === "custom" ? { custom: { ...named, input: args } } : { function: { ...named, arguments: args } };
}

interface OpenCall {
  type: "function" | "custom";
  /** Its place in our answer; -1 until its name is known. */
  index: number;
  /** As the model gave it. */
  id: string;
  name: string;
  /** Arguments that came before the name did. */
  held: string;
  hasArguments: boolean;
}

/**
 * The tool calls of one choice as they stream in: pieces → OpenAI's deltas, with
 * an index of our own that counts on, id and name in the first delta of each
 * call, and the closing marks of native models (every field null, P35) dropped.
 */
export class ToolCallStream {
  readonly #newId: () => string;
  /** Those with a name, in the order of our indexes. */
  readonly #begun: OpenCall[] = [];
  /** The call that stands at an index of the model's now. */
  readonly #byIndex = new Map<number, OpenCall>();
  /** The last call of each id. */
  readonly #byId = new Map<string, OpenCall>();
  /** The one that pieces without index and id belong to. */
  #last: OpenCall | undefined;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** A call with a name has begun. */
  get any(): boolean {
    return this.#begun.length > 0;
  }

  /** The pieces of one event. */
  pushAll(pieces: readonly JsonObject[]): ToolCallDelta[] {
    const named = new Set<OpenCall>();
    return pieces.flatMap((piece) => this.#push(piece, named) ?? []);
  }

  /** `named`: the calls that a piece of the same event has named. A second name in it is another call's, whatever its id or index. */
  #push(piece: JsonObject, named: Set<OpenCall>): ToolCallDelta | undefined {
    const { id, type, name, args, extra } = callParts(piece);
    if (id === "" && name === "" && args === "") return undefined;
    const call = this.#callOf({ index: integer(piece["index"]), id, name }, named);
    if (call === undefined) return undefined;
    if (name !== "") named.add(call);
    if (call.name !== "") {
      if (args === "") return undefined;
      call.hasArguments = true;
      return { index: call.index, ...called(call.type, args) };
    }
    call.id ||= id;
    call.type = type;
    call.held += args;
    return name === "" ? undefined : { ...this.#begin(call, name), ...extra };
  }

  /** Functions that are called without arguments get the empty object, so that a client can parse them. */
  end(): ToolCallDelta[] {
    return this.#begun
      .filter(({ type, hasArguments }) => type === "function" && !hasArguments)
      .map(({ index }) => ({ index, function: { arguments: "{}" } }));
  }

  #begin(call: OpenCall, name: string): ToolCallDelta {
    call.name = name;
    call.index = this.#begun.length;
    call.hasArguments = call.held !== "";
    this.#begun.push(call);
    const repeated = call.id === "" || this.#byId.has(call.id);
    const id = repeated ? this.#newId() : clientToolCallId(call.id, name, this.#newId);
    if (call.id !== "") this.#byId.set(call.id, call);
    return { index: call.index, id, type: call.type, ...called(call.type, call.held, name) };
  }

  /** The call that a piece belongs to, a new one where it begins one; undefined for arguments that no call can be told for. */
  #callOf(piece: PieceMark, named: ReadonlySet<OpenCall>): OpenCall | undefined {
    const { index, id, name } = piece;
    const known = index === undefined ? (this.#byId.get(id) ?? this.#last) : this.#byIndex.get(index);
    const belongs = known !== undefined && !(name !== "" && named.has(known)) && !beginsAnother(known, piece);
    if (!belongs && id === "" && name === "" && index === undefined) return undefined;
    const call = belongs
      ? known
      : { type: "function" as const, index: -1, id, name: "", held: "", hasArguments: false };
    if (index !== undefined) this.#byIndex.set(index, call);
    this.#last = call;
    return call;
  }
}

/** What a piece says of the call that it belongs to; "" where it says nothing. */
interface PieceMark {
  index: number | undefined;
  id: string;
  name: string;
}

/** Some models number every call 0, or none at all: then a name begins another call, unless its id is the same. */
function beginsAnother(known: OpenCall, piece: PieceMark): boolean {
  if (piece.name === "" || known.name === "") return false;
  return piece.id === "" ? piece.index === undefined : piece.id !== known.id;
}

interface CallParts {
  id: string;
  type: "function" | "custom";
  name: string;
  args: string;
  extra: Extra;
}

function callParts(call: JsonObject): CallParts {
  const { function: fn, custom, extra_content } = call;
  const id = string(call["id"]);
  const extra = isObject(extra_content) ? { extra_content } : {};
  if (!isObject(fn) && isObject(custom)) {
    return { id, type: "custom", name: string(custom["name"]), args: string(custom["input"]), extra };
  }
  const source = isObject(fn) ? fn : call;
  return { id, type: "function", name: string(source["name"]), args: argumentText(source["arguments"]), extra };
}

function argumentText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}
