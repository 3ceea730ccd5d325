import { loggedEntry } from "./log-line.ts";

/** From the log line of a request to its message on the queue: the gateway gathers records for 10 ms. Milliseconds. */
const SEND_MS = 200;

/** The audit Worker's `max_batch_timeout`, and the time to write. Milliseconds. */
const LONGEST_WAIT_MS = 7_000;

/**
 * Whether a local mesh has audit records that are not in D1 yet, by the lines of
 * `wrangler dev`: the local queue lives in memory and loses them when it ends.
 */
export class PendingAudit {
  #lastRequest: number | null = null;
  #written = Promise.withResolvers<void>();

  get pending(): boolean {
    return this.#lastRequest !== null;
  }

  push(line: string): void {
    if (loggedEntry(line)?.["event"] === "request") {
      this.#lastRequest = Date.now();
      return;
    }
    const batch = /^\[wrangler:info\] QUEUE \S+ (\d+)\/(\d+) \((\d+)ms\)/.exec(line);
    if (batch === null || this.#lastRequest === null) return;
    const [, written, messages, took] = batch;
    const began = Date.now() - Number(took);
    // A request of just before may have missed this batch; messages that failed come again later.
    if (written !== messages || this.#lastRequest + SEND_MS > began) return;
    this.#lastRequest = null;
    this.#written.resolve();
    this.#written = Promise.withResolvers();
  }

  /** True once everything is in D1; false when it took too long. */
  async written(): Promise<boolean> {
    if (!this.pending) return true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), LONGEST_WAIT_MS);
    });
    const inTime = await Promise.race([this.#written.promise.then(() => true), late]);
    clearTimeout(timer);
    return inTime;
  }
}
