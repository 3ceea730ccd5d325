import type { Deadlines } from "./contract/relay.ts";
import { DEFAULT_DEADLINES, type StreamDeadlines } from "./stream.ts";

/** The deadlines of one request, counted from its start. Milliseconds. */
export class RequestClock {
  readonly #startedAt = Date.now();
  readonly #deadlines: Required<Deadlines>;
  /** Until the upstream's first byte, or its whole answer. */
  readonly firstByteMs: number;

  constructor(deadlines: Deadlines | undefined) {
    this.#deadlines = { ...DEFAULT_DEADLINES, ...deadlines };
    this.firstByteMs = Math.min(this.#deadlines.firstByteMs, this.#deadlines.totalMs);
  }

  /** What is left of `firstByteMs`. */
  leftMs(): number {
    return Math.max(0, this.firstByteMs - this.#elapsed());
  }

  /** For a stream that begins now. */
  stream(): StreamDeadlines {
    const { idleMs, totalMs } = this.#deadlines;
    return { firstByteMs: this.leftMs(), idleMs, totalMs: Math.max(0, totalMs - this.#elapsed()) };
  }

  #elapsed(): number {
    return Date.now() - this.#startedAt;
  }
}
