import { unreadable } from "./errors.ts";

/**
 * Pieces of one file, each in base64 of its own → one base64 text in pieces, as
 * clients join `audio.data`. Padding may stand at the very end only: bytes that
 * fill no group of three wait for the next piece.
 */
export class Base64Joiner {
  /** Bytes that wait, as a binary string: two at most. */
  #waiting = "";

  push(piece: string): string {
    if (this.#waiting === "" && piece.length % 4 === 0 && !piece.endsWith("=")) return piece;
    const bytes = this.#waiting + decoded(piece);
    const whole = bytes.length - (bytes.length % 3);
    this.#waiting = bytes.slice(whole);
    return btoa(bytes.slice(0, whole));
  }

  end(): string {
    const last = btoa(this.#waiting);
    this.#waiting = "";
    return last;
  }
}

function decoded(base64: string): string {
  try {
    return atob(base64);
  } catch {
    throw unreadable();
  }
}
