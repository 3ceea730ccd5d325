/** Text that comes within this time of the last write waits for more, this long at most. Milliseconds. */
export const JOIN_MS = 2;

/** Characters that do not wait. */
export const ENOUGH = 16_384;

const encoder = new TextEncoder();

/**
 * Writes text in fewer writes than it comes in pieces: a piece that comes alone
 * leaves at once, those of a burst leave together. A write (a call to the next
 * Worker, an HTTP chunk) costs as much as reading a provider's chunk. Measured
 * on streams that come in one go: a quarter less CPU.
 */
export class JoiningWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #waiting = "";
  #timer: ReturnType<typeof setTimeout> | null = null;
  #sentAt = Number.NEGATIVE_INFINITY;
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(writable: WritableStream<Uint8Array>) {
    this.#writer = writable.getWriter();
  }

  /** Resolves when more may come; rejects when the reader has left, at the latest with the write after. */
  async write(text: string): Promise<void> {
    if (text === "") return;
    this.#waiting += text;
    if (this.#waiting.length >= ENOUGH || Date.now() - this.#sentAt >= JOIN_MS) await this.#send();
    // A failed write shows in the next one, or in `close`.
    else this.#timer ??= setTimeout(() => void this.#send().catch(() => {}), JOIN_MS);
  }

  async close(): Promise<void> {
    await this.#send();
    await this.#writer.close();
  }

  #send(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting === "") return this.#lastWrite;
    const bytes = encoder.encode(this.#waiting);
    this.#waiting = "";
    this.#sentAt = Date.now();
    this.#lastWrite = this.#writer.write(bytes);
    return this.#lastWrite;
  }
}
