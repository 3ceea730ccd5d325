import type { JsonObject } from "@ai-proxy/shared/json";

/**
 * Where each of Gemini's parts begins in the text of a candidate: grounding says
 * where it applies "in the given Part" (`segment.partIndex`). A stream cuts parts
 * up without saying where. Text at the beginning of a chunk therefore goes on with
 * the part before it, when that is text of the same kind.
 */
export class PartStarts {
  readonly #starts: number[] = [];
  #last: "text" | "thought" | null = null;

  /**
   * @param place of the part in its chunk
   * @param start length of the candidate's text before it
   */
  add(part: JsonObject, place: number, start: number): void {
    const kind = typeof part["text"] !== "string" ? null : part["thought"] === true ? "thought" : "text";
    const goesOn = place === 0 && kind !== null && kind === this.#last;
    if (!goesOn) this.#starts.push(start);
    this.#last = kind;
  }

  /** Length of the text before a part; 0 for one that there is not. */
  of(partIndex: number): number {
    return this.#starts[partIndex] ?? 0;
  }
}
