/**
 * The time at which the upstream sends a chunk, written into the chunk's own
 * text, so that it survives any translation: "~" and 14 digits, microseconds of
 * the machine's monotonic clock, which all processes share.
 */

export const STAMP_MARK = "~";
const DIGITS = 14;
const STAMP_LENGTH = 1 + DIGITS;

/** A stamp that says nothing: chunks that are sent all at once have one, so that they can be counted. */
export const EMPTY_STAMP = STAMP_MARK.padEnd(STAMP_LENGTH, "0");

/** Microseconds; process.hrtime is CLOCK_MONOTONIC on Linux. */
export function nowUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + Math.floor(nanoseconds / 1e3);
}

/** Overwrites the stamp at `at` with a time. */
export function writeStamp(buffer: Buffer, at: number, us: number): void {
  buffer.write(String(us).padStart(DIGITS, "0"), at + 1, DIGITS, "latin1");
}

const MARK_BYTE = STAMP_MARK.charCodeAt(0);

/** Finds the stamps in a body that comes in pieces, wherever it is cut. */
export class StampScanner {
  #rest: Buffer | null = null;

  /** Calls `found` with the time of each stamp that these bytes complete; 0 for one that says nothing. */
  push(bytes: Buffer, found: (us: number) => void): void {
    const buffer = this.#rest === null ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = null;
    for (let at = buffer.indexOf(MARK_BYTE); at !== -1; at = buffer.indexOf(MARK_BYTE, at + STAMP_LENGTH)) {
      if (at + STAMP_LENGTH > buffer.length) {
        this.#rest = Buffer.from(buffer.subarray(at));
        return;
      }
      found(Number(buffer.toString("latin1", at + 1, at + STAMP_LENGTH)));
    }
  }
}
