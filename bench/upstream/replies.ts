import { chunk, LAST_CHUNK } from "../http1.ts";
import { STAMP_MARK } from "../stamp.ts";
import { type Protocol, streamShape, wholeReply } from "./shapes.ts";

/** A stream as HTTP chunks, ready to be written. */
export interface EncodedStream {
  /** The answer's head and what comes before the first content. */
  opening: Buffer;
  /** A chunk a piece, each with a stamp. */
  pieces: EncodedPiece[];
  /** What comes after the last content, and the end of the body. */
  closing: Buffer;
  /** All of it in one. */
  all: Buffer;
}

export interface EncodedPiece {
  bytes: Buffer;
  stampAt: number;
}

const cache = new Map<string, EncodedStream>();

/** The stream of `chunks` content chunks; encoded once. */
export function encodedStream(protocol: Protocol, includeUsage: boolean, chunks: number): EncodedStream {
  const key = `${protocol} ${includeUsage} ${chunks}`;
  let stream = cache.get(key);
  if (stream === undefined) {
    stream = encode(protocol, includeUsage, chunks);
    cache.set(key, stream);
  }
  return stream;
}

function encode(protocol: Protocol, includeUsage: boolean, chunks: number): EncodedStream {
  const shape = streamShape(protocol, includeUsage);
  const head = Buffer.from(
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n",
  );
  const opening = Buffer.concat([head, ...maybeChunk(shape.opening)]);
  const pieces = Array.from({ length: chunks }, (_, at) => {
    const bytes = chunk(Buffer.from(shape.content(at, chunks)));
    return { bytes, stampAt: bytes.indexOf(STAMP_MARK) };
  });
  const closing = Buffer.concat([...maybeChunk(shape.closing), LAST_CHUNK]);
  return { opening, pieces, closing, all: Buffer.concat([opening, ...pieces.map(({ bytes }) => bytes), closing]) };
}

function maybeChunk(text: string): Buffer[] {
  return text === "" ? [] : [chunk(Buffer.from(text))];
}

/** A whole answer with its head. */
export function jsonReply(body: string, status = "200 OK"): Buffer {
  const bytes = Buffer.from(body);
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

export const WHOLE_REPLIES: Record<Protocol, Buffer> = {
  openai: jsonReply(wholeReply("openai")),
  gemini: jsonReply(wholeReply("gemini")),
  "workers-ai": jsonReply(wholeReply("workers-ai")),
};
