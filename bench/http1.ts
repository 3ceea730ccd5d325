/**
 * HTTP/1.1 as far as the two ends of the bench speak it: messages with a
 * content-length or in chunks, one after the other on a connection. Far cheaper
 * than node:http, so that the ends do not take the CPU that is to be measured.
 */

export interface MessageHandlers {
  /** First line ("HTTP/1.1 200 OK", "POST /v1/x HTTP/1.1") and all headers, lower-case, as one text. */
  head(firstLine: string, headers: string): void;
  /** A piece of the body. The bytes are only lent. */
  data(bytes: Buffer): void;
  end(): void;
}

const CRLF = Buffer.from("\r\n");
const HEAD_END = Buffer.from("\r\n\r\n");

/** Where the reader is: in the head, in a body of known length, or at one of the three places of a chunked body. */
type State = "head" | "length" | "size" | "chunk" | "chunk-end" | "trailer";

/** Takes the bytes of one side of a connection, at any split. */
export class MessageReader {
  readonly #handlers: MessageHandlers;
  #state: State = "head";
  /** Bytes that have come of something whose end has not. */
  #rest: Buffer | null = null;
  /** Bytes that are still to come of the body or the chunk. */
  #left = 0;

  constructor(handlers: MessageHandlers) {
    this.#handlers = handlers;
  }

  push(bytes: Buffer): void {
    let buffer = this.#rest === null ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = null;
    while (buffer.length > 0) {
      const used = this.#step(buffer);
      if (used === 0) {
        this.#rest = Buffer.from(buffer);
        return;
      }
      buffer = buffer.subarray(used);
    }
  }

  /** Handles what it can at the buffer's beginning; how many bytes that was, 0 when more must come first. */
  #step(buffer: Buffer): number {
    if (this.#state === "head") return this.#head(buffer);
    if (this.#state === "length" || this.#state === "chunk") return this.#body(buffer);
    const end = buffer.indexOf(CRLF);
    if (end === -1) return 0;
    if (this.#state === "size") {
      this.#left = Number.parseInt(buffer.toString("latin1", 0, end), 16);
      if (Number.isNaN(this.#left)) throw new Error("A chunk has no size.");
      this.#state = this.#left === 0 ? "trailer" : "chunk";
    } else if (this.#state === "chunk-end") this.#state = "size";
    else if (end === 0) this.#finish();
    return end + 2;
  }

  #head(buffer: Buffer): number {
    const end = buffer.indexOf(HEAD_END);
    if (end === -1) return 0;
    const text = buffer.toString("latin1", 0, end);
    const line = text.indexOf("\r\n");
    const headers = line === -1 ? "" : text.slice(line).toLowerCase();
    this.#handlers.head(line === -1 ? text : text.slice(0, line), headers);
    if (/\r\ntransfer-encoding:[^\r]*chunked/.test(headers)) this.#state = "size";
    else {
      this.#left = Number(/\r\ncontent-length: *(\d+)/.exec(headers)?.[1] ?? 0);
      this.#state = "length";
      if (this.#left === 0) this.#finish();
    }
    return end + 4;
  }

  #body(buffer: Buffer): number {
    const bytes = buffer.length <= this.#left ? buffer : buffer.subarray(0, this.#left);
    this.#left -= bytes.length;
    this.#handlers.data(bytes);
    if (this.#left > 0) return bytes.length;
    if (this.#state === "chunk") this.#state = "chunk-end";
    else this.#finish();
    return bytes.length;
  }

  #finish(): void {
    this.#state = "head";
    this.#handlers.end();
  }
}

/** One chunk of a chunked body. */
export function chunk(content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, CRLF]);
}

/** The end of a chunked body. */
export const LAST_CHUNK = Buffer.from("0\r\n\r\n");
