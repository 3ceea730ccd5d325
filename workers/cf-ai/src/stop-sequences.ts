import { badRequest } from "@ai-proxy/shared/errors";

/** OpenAI's limit of sequences, and a length that bounds the work for each piece of text. */
const MOST_SEQUENCES = 4;
const LONGEST_SEQUENCE = 256;

/**
 * The stop sequences of a request. Workers AI's own schema has none and its native
 * models write on past them, so the relay cuts the answer there itself.
 */
export function stopSequences(stop: unknown): readonly string[] {
  if (stop === null || stop === undefined) return [];
  const sequences: unknown[] = Array.isArray(stop) ? stop : [stop];
  if (sequences.length > MOST_SEQUENCES) {
    throw badRequest(`stop may hold at most ${MOST_SEQUENCES} sequences.`, "stop", "array_above_max_length");
  }
  return sequences.flatMap((sequence) => {
    if (typeof sequence === "string" && sequence.length <= LONGEST_SEQUENCE) return sequence === "" ? [] : [sequence];
    throw badRequest(`stop must be strings of at most ${LONGEST_SEQUENCE} characters.`, "stop", "invalid_value");
  });
}

/** Cuts a text at the first stop sequence while it comes in pieces. */
export class StopText {
  readonly #sequences: readonly string[];
  readonly #longest: number;
  /** The end of the text so far, where it may be the beginning of a sequence. */
  #held = "";
  #stopped = false;

  constructor(sequences: readonly string[]) {
    this.#sequences = sequences;
    this.#longest = Math.max(0, ...sequences.map((sequence) => sequence.length));
  }

  /** A sequence has come: nothing after it belongs to the answer. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The part of the text that can be sent now. */
  push(piece: string): string {
    if (this.#stopped) return "";
    if (this.#longest === 0) return piece;
    const text = this.#held + piece;
    const at = this.#firstStop(text);
    this.#stopped = at !== -1;
    this.#held = this.#stopped ? "" : this.#possibleBeginning(text);
    return this.#stopped ? text.slice(0, at) : text.slice(0, text.length - this.#held.length);
  }

  /** What was held back, once no more text comes. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  #firstStop(text: string): number {
    const places = this.#sequences.map((sequence) => text.indexOf(sequence)).filter((at) => at !== -1);
    return places.length === 0 ? -1 : Math.min(...places);
  }

  #possibleBeginning(text: string): string {
    for (let length = Math.min(this.#longest - 1, text.length); length > 0; length--) {
      const tail = text.slice(-length);
      if (this.#sequences.some((sequence) => sequence.startsWith(tail))) return tail;
    }
    return "";
  }
}
