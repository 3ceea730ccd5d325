import { readContentParts } from "@ai-proxy/shared/formats/content-parts";
import { isObject, tryParseJson } from "@ai-proxy/shared/json";
import type { CalledTool, ToolCall } from "./answer-shapes.ts";
import { arrayElements, type Member, memberValue, objectMembers, type Span, type Splice } from "./json-edit.ts";
import type { Quirks } from "./quirks.ts";

/**
 * Brings what an upstream's quirks say is different in its answers into OpenAI's
 * form, as splices of the text. One instance an answer: tool calls are numbered across its chunks.
 */
export class AnswerQuirks {
  readonly #quirks: Quirks;
  /** The last tool call of each choice, by the choice's index: a chunk may hold any one of them. */
  readonly #lastCalls = new Map<unknown, { index: number; id: unknown }>();

  constructor(quirks: Quirks) {
    this.#quirks = quirks;
  }

  /** Whether there is anything to change in such answers of this upstream. */
  static needed(quirks: Quirks, answer: "whole" | "stream"): boolean {
    if (quirks.reasoning === "copy" || quirks.content === "parts") return true;
    return answer === "whole" ? quirks.content !== "as_sent" : quirks.tool_index !== "as_sent";
  }

  /** Splices for a chat completion or a chunk of one; `members` are those of its text. */
  splices(text: string, members: readonly Member[]): Splice[] {
    const choices = memberValue(members, "choices");
    if (choices === undefined || text[choices.start] !== "[") return [];
    return arrayElements(text, choices.start).flatMap((choice, place) => {
      if (text[choice.start] !== "{") return [];
      const parts = objectMembers(text, choice.start);
      const delta = memberValue(parts, "delta");
      const message = delta ?? memberValue(parts, "message");
      if (message === undefined || text[message.start] !== "{") return [];
      const said = objectMembers(text, message.start);
      const index = memberValue(parts, "index");
      return [
        ...this.#contentAsText(text, said, delta !== undefined),
        ...this.#copiedReasoning(text, said),
        ...this.#toolIndexes(text, said, (index && tryParseJson(text.slice(index.start, index.end))) ?? place),
      ];
    });
  }

  #contentAsText(text: string, said: readonly Member[], streamed: boolean): Splice[] {
    const content = memberValue(said, "content");
    if (content === undefined) return [];
    const json = text.slice(content.start, content.end);
    if (this.#quirks.content === "text" && json.startsWith("{")) return [{ ...content, text: JSON.stringify(json) }];
    const parts = this.#quirks.content === "parts" && json.startsWith("[") ? tryParseJson(json) : undefined;
    if (!Array.isArray(parts)) return [];
    const read = readContentParts(parts);
    // A part of a stream that only thinks has no content, as DeepSeek's have none.
    if (read.reasoning === "") return [{ ...content, text: JSON.stringify(read.text) }];
    const spoken = streamed && read.text === "" ? null : read.text;
    return [
      { ...content, text: JSON.stringify(spoken) },
      ...withReasoning(said, content, JSON.stringify(read.reasoning)),
    ];
  }

  /** A null or empty `reasoning_content` beside it is replaced: no name stands twice. */
  #copiedReasoning(text: string, said: readonly Member[]): Splice[] {
    const reasoning = memberValue(said, "reasoning");
    if (this.#quirks.reasoning !== "copy" || reasoning === undefined || text[reasoning.start] !== '"') return [];
    const taken = memberValue(said, "reasoning_content");
    if (taken !== undefined && !/^(?:null|"")$/.test(text.slice(taken.start, taken.end))) return [];
    return withReasoning(said, reasoning, text.slice(reasoning.start, reasoning.end));
  }

  #toolIndexes(text: string, said: readonly Member[], choice: unknown): Splice[] {
    const calls = memberValue(said, "tool_calls");
    if (this.#quirks.tool_index !== "number" || calls === undefined || text[calls.start] !== "[") return [];
    return arrayElements(text, calls.start).flatMap(({ start, end }) => {
      const call = tryParseJson(text.slice(start, end));
      if (!isObject(call) || (call["index"] !== undefined && call["index"] !== null)) return [];
      const number = this.#numberOf(choice, call);
      const members = objectMembers(text, start);
      const index = memberValue(members, "index");
      // `"index":null` is replaced, an absent one comes first.
      if (index !== undefined) return [{ ...index, text: `${number}` }];
      return [{ start: start + 1, end: start + 1, text: `"index":${number}${members.length === 0 ? "" : ","}` }];
    });
  }

  /** Another id begins another tool call, and so does a name without an id (Gemini's endpoint); all else goes on with the last. */
  #numberOf(choice: unknown, { id, function: called }: ToolCall): number {
    const last = this.#lastCalls.get(choice);
    const begins = typeof id === "string" && id !== "" ? id !== last?.id : isObject(called) && isNamed(called);
    if (last !== undefined && !begins) return last.index;
    const index = last === undefined ? 0 : last.index + 1;
    this.#lastCalls.set(choice, { index, id });
    return index;
  }
}

/** `reasoning_content` with this JSON text: in the place of the one that there is, else behind the member that ends there. */
function withReasoning(said: readonly Member[], { end }: Span, json: string): Splice[] {
  const taken = memberValue(said, "reasoning_content");
  if (taken !== undefined) return [{ ...taken, text: json }];
  return [{ start: end, end, text: `,"reasoning_content":${json}` }];
}

function isNamed({ name }: CalledTool): boolean {
  return typeof name === "string" && name !== "";
}
