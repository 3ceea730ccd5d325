import type { Deadlines } from "../contract/relay.ts";
import type { StreamDeadlines } from "./watchdog.ts";

/** Milliseconds; a provider that thinks for long still sends keep-alives or chunks in this time. */
const DEFAULT_DEADLINES = {
  firstByteMs: 120_000,
  idleMs: 120_000,
  totalMs: 600_000,
} as const satisfies Deadlines;

/** The deadlines of one request, counted from its start. Milliseconds. */
export class RequestClock {
  readonly #startedAt = Date.now();
  readonly #deadlines: Required<Deadlines>;
  /** Until the upstream's first byte, or its whole answer. */
  readonly firstByteMs: number;
  #streams = false;

  constructor(deadlines: Deadlines | undefined) {
    const { firstByteMs = DEFAULT_DEADLINES.firstByteMs } = deadlines ?? {};
    this.#deadlines = { ...DEFAULT_DEADLINES, contentMs: firstByteMs, ...deadlines };
    this.firstByteMs = Math.min(this.#deadlines.firstByteMs, this.#deadlines.totalMs);
  }

  /** What is left of `firstByteMs`; for an upstream request within a stream, the time between two chunks. */
  leftMs(): number {
    const { idleMs, totalMs } = this.#deadlines;
    return this.#streams ? Math.min(idleMs, this.#left(totalMs)) : this.#left(this.firstByteMs);
  }

  /** For a stream that begins now. */
  stream(): StreamDeadlines {
    const { contentMs, idleMs, totalMs } = this.#deadlines;
    const firstByteMs = this.leftMs();
    this.#streams = true;
    return { firstByteMs, contentMs: this.#left(contentMs), idleMs, totalMs: this.#left(totalMs) };
  }

  #left(ms: number): number {
    return Math.max(0, ms - (Date.now() - this.#startedAt));
  }
}
