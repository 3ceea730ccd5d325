import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { integer } from "./output.ts";
import { clientToolCallId } from "./tool-call-id.ts";

export interface ToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

/**
 * The tool calls of a whole answer. Native models give them flat
 * (`{name, arguments: {…}}`), OpenAI-shaped ones nested with arguments as text;
 * ids stay as they are (P32), `newId` makes one where there is none.
 */
export function toolCalls(given: readonly JsonObject[], newId: () => string): ToolCall[] {
  const calls: ToolCall[] = [];
  const used = new Set<string>();
  for (const call of given) {
    const { id, name, args } = callParts(call);
    if (name === "") continue;
    const own = id !== "" && !used.has(id) ? clientToolCallId(id, newId) : newId();
    used.add(id);
    calls.push({ id: own, type: "function", function: { name, arguments: args === "" ? "{}" : args } });
  }
  return calls;
}

export interface ToolCallDelta {
  index: number;
  id?: string;
  type?: "function";
  function: { name?: string; arguments: string };
}

interface OpenCall {
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
    const { id, name, args } = callParts(piece);
    if (id === "" && name === "" && args === "") return undefined;
    const call = this.#callOf({ index: integer(piece["index"]), id, name }, named);
    if (call === undefined) return undefined;
    if (name !== "") named.add(call);
    if (call.name !== "") {
      if (args === "") return undefined;
      call.hasArguments = true;
      return { index: call.index, function: { arguments: args } };
    }
    call.id ||= id;
    call.held += args;
    return name === "" ? undefined : this.#begin(call, name);
  }

  /** Calls without arguments get the empty object, so that a client can parse them. */
  end(): ToolCallDelta[] {
    return this.#begun
      .filter((call) => !call.hasArguments)
      .map((call) => ({ index: call.index, function: { arguments: "{}" } }));
  }

  #begin(call: OpenCall, name: string): ToolCallDelta {
    call.name = name;
    call.index = this.#begun.length;
    call.hasArguments = call.held !== "";
    this.#begun.push(call);
    const repeated = call.id === "" || this.#byId.has(call.id);
    const id = repeated ? this.#newId() : clientToolCallId(call.id, this.#newId);
    if (call.id !== "") this.#byId.set(call.id, call);
    return { index: call.index, id, type: "function", function: { name, arguments: call.held } };
  }

  /** The call that a piece belongs to, a new one where it begins one; undefined for arguments that no call can be told for. */
  #callOf(piece: PieceMark, named: ReadonlySet<OpenCall>): OpenCall | undefined {
    const { index, id, name } = piece;
    const known = index === undefined ? (this.#byId.get(id) ?? this.#last) : this.#byIndex.get(index);
    const belongs = known !== undefined && !(name !== "" && named.has(known)) && !beginsAnother(known, piece);
    if (!belongs && id === "" && name === "" && index === undefined) return undefined;
    const call = belongs ? known : { index: -1, id, name: "", held: "", hasArguments: false };
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

function callParts(call: JsonObject): { id: string; name: string; args: string } {
  const source = isObject(call["function"]) ? call["function"] : call;
  return { id: string(call["id"]), name: string(source["name"]), args: argumentText(source["arguments"]) };
}

function argumentText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}
