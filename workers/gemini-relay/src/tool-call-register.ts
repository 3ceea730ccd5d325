/** A call of the history that a result can belong to. */
export interface HistoryCall {
  name: string;
  /** The id that Gemini gets; undefined for models without ids. */
  id: string | undefined;
  /** Its place among all calls. */
  place: number;
}

/** The calls of a history by the client's ids, and which result belongs to which. */
export class ToolCallRegister {
  readonly #tellsIds: boolean;
  readonly #calls = new Map<string, HistoryCall[]>();
  readonly #answered = new Set<HistoryCall>();
  /** Ids of the message that is being read. */
  readonly #inMessage = new Set<string>();
  #count = 0;

  /** @param tellsIds whether the model takes ids */
  constructor(tellsIds: boolean) {
    this.#tellsIds = tellsIds;
  }

  /** Ids are the message's own: one that a later message uses again means the later call. */
  beginMessage(): void {
    this.#inMessage.clear();
  }

  /**
   * Some servers give parallel calls the same id, or "". Each then gets an id
   * of its own at Gemini, and results belong to them in the order of the calls.
   */
  add(name: string, id: string | undefined): HistoryCall {
    const place = this.#count++;
    const same = id !== undefined && this.#inMessage.has(id) ? (this.#calls.get(id) ?? []) : [];
    const told = id === "" || same.length > 0 ? `call_no_${place}` : id;
    const call = { name, id: this.#tellsIds ? told : undefined, place };
    if (id !== undefined) {
      this.#calls.set(id, [...same, call]);
      this.#inMessage.add(id);
    }
    return call;
  }

  /** The call that a result with this id answers; undefined when there is none. */
  answer(id: string | undefined): HistoryCall | undefined {
    const calls = id === undefined ? [] : (this.#calls.get(id) ?? []);
    const call = calls.find((one) => !this.#answered.has(one)) ?? calls.at(-1);
    if (call !== undefined) this.#answered.add(call);
    return call;
  }
}
