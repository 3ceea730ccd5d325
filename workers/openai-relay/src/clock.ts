import type { Deadlines } from "@ai-proxy/shared/contract/relay";
import { DEFAULT_DEADLINES, type StreamDeadlines } from "@ai-proxy/shared/stream";

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
    return this.firstByteMs - this.#elapsed();
  }

  /** For a stream whose headers have come. */
  stream(): StreamDeadlines {
    const { idleMs, totalMs } = this.#deadlines;
    return { firstByteMs: this.leftMs(), idleMs, totalMs: totalMs - this.#elapsed() };
  }

  #elapsed(): number {
    return Date.now() - this.#startedAt;
  }
}
