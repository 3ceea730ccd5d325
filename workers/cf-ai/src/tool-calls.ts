import type { ToolCall } from "@ai-proxy/shared/formats/chat-events";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { MOST_TOOL_CALLS, tooManyToolCalls } from "@ai-proxy/shared/upstream/ceilings";
import { integer } from "./output-rows.ts";
import { PROVIDER } from "./provider.ts";
import { clientToolCallId } from "./tool-call-ids.ts";

/** A call that begins, or more of its arguments; `index` is its place among the calls of the choice. */
export type ToolCallPiece = { index: number; call: ToolCall } | { index: number; kind: ToolCall["kind"]; text: string };

interface OpenCall {
  kind: ToolCall["kind"];
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
 * The tool calls of one choice as they come in, whole or in pieces, with an index
 * of our own that counts on. Native models give them flat (`{name, arguments: {…}}`),
 * OpenAI-shaped ones nested with arguments as text; the closing marks of native
 * streams, whose every field is null, are dropped.
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
  /** Of all calls, those without a name yet among them. */
  #count = 0;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** A call with a name has begun. */
  get any(): boolean {
    return this.#begun.length > 0;
  }

  /** The pieces of one event. */
  pushAll(pieces: readonly JsonObject[]): ToolCallPiece[] {
    const named = new Set<OpenCall>();
    return pieces.flatMap((piece) => this.#push(piece, named) ?? []);
  }

  /** `named`: the calls that a piece of the same event has named. A second name in it is another call's, whatever its id or index. */
  #push(piece: JsonObject, named: Set<OpenCall>): ToolCallPiece | undefined {
    const { id, kind, name, args, extraContent } = callParts(piece);
    if (id === "" && name === "" && args === "") return undefined;
    const call = this.#callOf({ index: integer(piece["index"]), id, name }, named);
    if (call === undefined) return undefined;
    if (name !== "") named.add(call);
    if (call.name !== "") {
      if (args === "") return undefined;
      call.hasArguments = true;
      return { index: call.index, kind: call.kind, text: args };
    }
    call.id ||= id;
    call.kind = kind;
    call.held += args;
    return name === "" ? undefined : this.#begin(call, name, extraContent);
  }

  /** Functions that are called without arguments get the empty object, so that a client can parse them. */
  end(): ToolCallPiece[] {
    return this.#begun
      .filter(({ kind, hasArguments }) => kind === "function" && !hasArguments)
      .map(({ index, kind }) => ({ index, kind, text: "{}" }));
  }

  #begin(call: OpenCall, name: string, extraContent: JsonObject | undefined): ToolCallPiece {
    call.name = name;
    call.index = this.#begun.length;
    call.hasArguments = call.held !== "";
    this.#begun.push(call);
    const repeated = call.id === "" || this.#byId.has(call.id);
    const id = repeated ? this.#newId() : clientToolCallId(call.id, name, this.#newId);
    if (call.id !== "") this.#byId.set(call.id, call);
    return { index: call.index, call: { id, kind: call.kind, name, arguments: call.held, extraContent } };
  }

  /** The call that a piece belongs to, a new one where it begins one; undefined for arguments that no call can be told for. */
  #callOf(piece: PieceMark, named: ReadonlySet<OpenCall>): OpenCall | undefined {
    const { index, id, name } = piece;
    const known = index === undefined ? (this.#byId.get(id) ?? this.#last) : this.#byIndex.get(index);
    const belongs = known !== undefined && !(name !== "" && named.has(known)) && !beginsAnother(known, piece);
    if (!belongs && id === "" && name === "" && index === undefined) return undefined;
    if (!belongs && ++this.#count > MOST_TOOL_CALLS) throw tooManyToolCalls(PROVIDER);
    const call = belongs
      ? known
      : { kind: "function" as const, index: -1, id, name: "", held: "", hasArguments: false };
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
  kind: ToolCall["kind"];
  name: string;
  args: string;
  /** What a vendor wants back with the call: Gemini's thought signature, by way of AI Gateway. */
  extraContent: JsonObject | undefined;
}

function callParts(call: JsonObject): CallParts {
  const { function: fn, custom, extra_content } = call;
  const id = string(call["id"]);
  const extraContent = isObject(extra_content) ? extra_content : undefined;
  if (!isObject(fn) && isObject(custom)) {
    return { id, kind: "custom", name: string(custom["name"]), args: string(custom["input"]), extraContent };
  }
  const source = isObject(fn) ? fn : call;
  return { id, kind: "function", name: string(source["name"]), args: argumentText(source["arguments"]), extraContent };
}

function argumentText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}
