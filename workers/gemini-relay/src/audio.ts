import type { JsonObject } from "@ai-proxy/shared/json";
import { unreadable } from "./errors.ts";

/** What OpenAI says of an audio answer beside its data: Gemini writes no transcript, and keeps no file that could expire. */
export const AUDIO_REST = { expires_at: 0, transcript: "" };

/**
 * What a candidate says aloud, as deltas of `audio` the way OpenAI sends them:
 * the id once, at the beginning (openai-python's stream() glues texts
 * together), and a last one of `expires_at` alone, by which openai-node's knows
 * the end.
 */
export class AudioDeltas {
  readonly #joiner = new Base64Joiner();
  /** Until it was sent. */
  #id: string | null;

  constructor(id: string) {
    this.#id = id;
  }

  push(piece: string): JsonObject {
    const data = this.#joiner.push(piece);
    const id = this.#id;
    this.#id = null;
    return id === null ? { data } : { id, data, transcript: AUDIO_REST.transcript };
  }

  end(): JsonObject[] {
    const data = this.#joiner.end();
    return [...(data === "" ? [] : [{ data }]), { expires_at: AUDIO_REST.expires_at }];
  }
}

/**
 * Pieces of one file, each in base64 of its own, as base64 that can be put
 * together as text, the way clients join `audio.data`: padding stands at the
 * very end only, so bytes that fill no group of three wait for the next piece.
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
