import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { integer } from "./output.ts";

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
    const own = id !== "" && !used.has(id) ? id : newId();
    used.add(own);
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
  /** Its place in our answer. */
  index: number;
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
  /** By the index that the model gives; the last one is the one that pieces without an index belong to. */
  readonly #open = new Map<number, OpenCall>();
  readonly #ids = new Set<string>();
  #last: OpenCall | undefined;
  #count = 0;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** A call with a name has begun. */
  get any(): boolean {
    return this.#count > 0;
  }

  push(piece: JsonObject): ToolCallDelta | undefined {
    const { id, name, args } = callParts(piece);
    if (id === "" && name === "" && args === "") return undefined;
    const call = this.#callFor(piece, id, name);
    if (call === undefined) return undefined;
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
    return [...this.#open.values()]
      .filter((call) => call.name !== "" && !call.hasArguments)
      .map((call) => ({ index: call.index, function: { arguments: "{}" } }));
  }

  #begin(call: OpenCall, name: string): ToolCallDelta {
    call.name = name;
    call.index = this.#count++;
    if (call.id === "" || this.#ids.has(call.id)) call.id = this.#newId();
    this.#ids.add(call.id);
    call.hasArguments = call.held !== "";
    return { index: call.index, id: call.id, type: "function", function: { name, arguments: call.held } };
  }

  #callFor(piece: JsonObject, id: string, name: string): OpenCall | undefined {
    const given = integer(piece["index"]);
    const known = given === undefined ? this.#last : this.#open.get(given);
    // Some models number every call 0: a name with another id begins another call.
    const another = name !== "" && known !== undefined && known.name !== "" && begins(known, id, given);
    if (known !== undefined && !another) {
      this.#last = known;
      return known;
    }
    // Arguments for a call that never began have no place to go.
    if (id === "" && name === "") return undefined;
    const call: OpenCall = { index: -1, id, name: "", held: "", hasArguments: false };
    if (another && given !== undefined && known !== undefined) this.#open.set(-1 - this.#open.size, known);
    this.#open.set(given ?? this.#nextKey(), call);
    this.#last = call;
    return call;
  }

  #nextKey(): number {
    return 1_000_000 + this.#open.size;
  }
}

/** Whether a piece with a name is another call than the known one at its place. */
function begins(known: OpenCall, id: string, given: number | undefined): boolean {
  return id === "" ? given === undefined : id !== known.id;
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
