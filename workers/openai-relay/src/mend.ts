import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { arrayElements, type Member, memberValue, objectMembers, type Splice } from "./json-edit.ts";
import type { Quirks } from "./quirks.ts";

/**
 * Mends what an upstream's quirks say is different in its answers, as splices
 * of the text. One instance an answer: calls are numbered across its chunks.
 */
export class Mender {
  readonly #quirks: Quirks;
  /** The last tool call of each choice, by the choice's index: a chunk may hold any one of them. */
  readonly #calls = new Map<unknown, { index: number; id: unknown }>();

  constructor(quirks: Quirks) {
    this.#quirks = quirks;
  }

  /** Whether there is anything to mend in such answers of this upstream. */
  static needed(quirks: Quirks, answer: "whole" | "stream"): boolean {
    if (quirks.reasoning === "copy") return true;
    return answer === "whole" ? quirks.content !== "as_sent" : quirks.tool_index !== "as_sent";
  }

  /** Splices for a chat completion or a chunk of one; `members` are those of its text. */
  splices(text: string, members: readonly Member[]): Splice[] {
    const choices = memberValue(members, "choices");
    if (choices === undefined || text[choices.start] !== "[") return [];
    return arrayElements(text, choices.start).flatMap((choice, place) => {
      if (text[choice.start] !== "{") return [];
      const parts = objectMembers(text, choice.start);
      const said = memberValue(parts, "delta") ?? memberValue(parts, "message");
      if (said === undefined || text[said.start] !== "{") return [];
      const saidMembers = objectMembers(text, said.start);
      const index = memberValue(parts, "index");
      return [
        ...this.#content(text, saidMembers),
        ...this.#reasoning(text, saidMembers),
        ...this.#toolIndexes(text, saidMembers, (index && tryParseJson(text.slice(index.start, index.end))) ?? place),
      ];
    });
  }

  #content(text: string, said: readonly Member[]): Splice[] {
    const content = memberValue(said, "content");
    if (this.#quirks.content !== "text" || content === undefined || text[content.start] !== "{") return [];
    return [{ ...content, text: JSON.stringify(text.slice(content.start, content.end)) }];
  }

  #reasoning(text: string, said: readonly Member[]): Splice[] {
    const reasoning = memberValue(said, "reasoning");
    if (this.#quirks.reasoning !== "copy" || reasoning === undefined || text[reasoning.start] !== '"') return [];
    if (memberValue(said, "reasoning_content") !== undefined) return [];
    const json = text.slice(reasoning.start, reasoning.end);
    return [{ start: reasoning.end, end: reasoning.end, text: `,"reasoning_content":${json}` }];
  }

  #toolIndexes(text: string, said: readonly Member[], choice: unknown): Splice[] {
    const calls = memberValue(said, "tool_calls");
    if (this.#quirks.tool_index !== "number" || calls === undefined || text[calls.start] !== "[") return [];
    return arrayElements(text, calls.start).flatMap(({ start, end }) => {
      const call = tryParseJson(text.slice(start, end));
      if (!isObject(call)) return [];
      if (call["index"] !== undefined && call["index"] !== null) return [];
      const at = this.#indexOf(choice, call);
      const members = objectMembers(text, start);
      const index = memberValue(members, "index");
      // `"index":null` is replaced, an absent one comes first.
      if (index !== undefined) return [{ ...index, text: `${at}` }];
      return [{ start: start + 1, end: start + 1, text: `"index":${at}${members.length === 0 ? "" : ","}` }];
    });
  }

  /** Another id begins another call, and so does a name without an id (Gemini's endpoint); all else goes on with the last. */
  #indexOf(choice: unknown, { id, function: called }: JsonObject): number {
    const last = this.#calls.get(choice);
    const named = isObject(called) && typeof called["name"] === "string" && called["name"] !== "";
    const begins = typeof id === "string" && id !== "" ? id !== last?.id : named;
    if (last !== undefined && !begins) return last.index;
    const index = last === undefined ? 0 : last.index + 1;
    this.#calls.set(choice, { index, id });
    return index;
  }
}
