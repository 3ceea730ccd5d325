import { signedCallId } from "./signatures.ts";

/** The ids of tool calls: Gemini's own where it gives one, and no id twice in an answer. */
export class CallIds {
  readonly #prefix: string;
  readonly #signed: boolean;
  readonly #taken = new Set<string>();

  /**
   * @param prefix unique to the answer: without Gemini's ids it has to tell this answer's calls from those of others
   * @param signed whether the id of a call carries its signature, for clients that keep nothing else
   */
  constructor(prefix: string, signed = false) {
    this.#prefix = prefix;
    this.#signed = signed;
  }

  /** The id of a call with what Gemini gave for it. */
  of({ id: given, signature }: { id: string | undefined; signature: string | undefined }): string {
    const id = this.take(given);
    return this.#signed && signature !== undefined ? signedCallId(id, signature) : id;
  }

  take(given: string | undefined): string {
    const free = given !== undefined && given !== "" && !this.#taken.has(given);
    const id = free ? given : `${this.#prefix}${this.#taken.size}`;
    this.#taken.add(id);
    return id;
  }
}
