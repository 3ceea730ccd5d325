/** Milliseconds, counted from the making of the watchdog. */
export interface StreamDeadlines {
  /** Until the first chunk; `idleMs` when absent. */
  firstByteMs?: number | undefined;
  /** Until content, where that is held for: what else comes, a keep-alive say, does not lengthen the wait. */
  contentMs?: number | undefined;
  /** Between two chunks. */
  idleMs: number;
  /** Until the end. */
  totalMs?: number | undefined;
}

/** Calls `expired` once a deadline has passed. One timer at a time, not one a chunk. */
export class Watchdog {
  readonly #idleMs: number;
  readonly #totalAt: number;
  #contentAt = Number.POSITIVE_INFINITY;
  #dueAt: number;
  #resting = false;
  #timer: ReturnType<typeof setTimeout>;
  readonly #expired: () => void;

  constructor({ firstByteMs, idleMs, totalMs }: StreamDeadlines, expired: () => void) {
    const now = Date.now();
    this.#idleMs = idleMs;
    this.#totalAt = now + (totalMs ?? Number.POSITIVE_INFINITY);
    this.#dueAt = Math.min(now + (firstByteMs ?? idleMs), this.#totalAt);
    this.#expired = expired;
    this.#timer = this.#wait();
  }

  /** Content has to come in this time, whatever else does; with undefined it has come. */
  holdFor(contentMs: number | undefined): void {
    this.#contentAt = contentMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + contentMs;
    this.stop();
    this.#timer = this.#wait();
  }

  /** A chunk has come. */
  touch(): void {
    this.#resting = false;
    this.#expectChunk();
  }

  /** The client has to take what has come: until the next `touch` the provider is not waited for. */
  rest(): void {
    this.#resting = true;
  }

  /** What has not come in time, once it has expired. */
  get missed(): string {
    return Date.now() < this.#totalAt ? "the next chunk" : "the whole answer";
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #expectChunk(): void {
    this.#dueAt = Math.min(Date.now() + this.#idleMs, this.#totalAt);
  }

  #wait(): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      if (this.#resting) this.#expectChunk();
      if (this.#left() > 0) this.#timer = this.#wait();
      else this.#expired();
    }, this.#left());
  }

  #left(): number {
    return Math.min(this.#dueAt, this.#contentAt) - Date.now();
  }
}
