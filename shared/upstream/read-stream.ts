import { checkNodes } from "../formats/json-nodes.ts";
import { byteReader } from "./byte-reader.ts";
import { answerTooLarge } from "./ceilings.ts";

/** Bytes that all bodies which an attempt reads whole may hold together. */
export class AnswerBudget {
  readonly #most: number;
  #left: number;

  constructor(most: number) {
    this.#most = most;
    this.#left = most;
  }

  /** Throws a 502 when that is more than there is. */
  take(provider: string, bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw answerTooLarge(provider, this.#most);
  }
}

/**
 * All of a stream as JSON text that is safe to parse. `take` is told the bytes of each read, and throws when they are
 * too many.
 */
export async function readJsonText(
  stream: ReadableStream<Uint8Array> | null,
  take: (bytes: number) => void,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  await eachChunk(stream, (chunk) => {
    take(chunk.byteLength);
    text += decoder.decode(chunk, { stream: true });
    return true;
  });
  text += decoder.decode();
  checkNodes(text);
  return text;
}

/** The beginning of a stream as text; the rest is dropped. */
export async function readTextUpTo(
  stream: ReadableStream<Uint8Array> | null,
  most: number,
): Promise<{ text: string; isCut: boolean }> {
  const decoder = new TextDecoder();
  let text = "";
  let left = most;
  await eachChunk(stream, (chunk) => {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.byteLength;
    return left >= 0;
  });
  return { text: text + decoder.decode(), isCut: left < 0 };
}

/** `read` gets each chunk, valid until it returns; false, or what it throws, drops the rest of the stream. */
async function eachChunk(
  stream: ReadableStream<Uint8Array> | null,
  read: (chunk: Uint8Array) => boolean,
): Promise<void> {
  if (stream === null) return;
  const reader = byteReader(stream);
  let whole = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      whole = done;
      if (done || !read(value)) return;
    }
  } finally {
    if (!whole) reader.cancel().catch(() => {});
  }
}
