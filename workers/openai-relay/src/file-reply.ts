import type { WholeReply } from "@ai-proxy/shared/contract/relay";
import type { Attempt } from "@ai-proxy/shared/upstream/attempt";
import { type BodyReading, inTime, type UpstreamAnswer } from "@ai-proxy/shared/upstream/fetch";

/** Bytes above which a file passes as a stream; what is smaller is known to be whole before anything is answered. */
const LARGEST_WHOLE = 1024 * 1024;

export interface FileOptions {
  attempt: Attempt;
  reading: BodyReading;
  /** Lower-case content type. */
  type: string;
  /** Keeps the relay's context alive until the file has passed. */
  waitUntil(promise: Promise<unknown>): void;
}

/** The body of an answer that is no JSON: as a text where it is one, else its bytes, natively when there are many. */
export async function fileBody(answer: UpstreamAnswer, options: FileOptions): Promise<WholeReply["body"]> {
  const { attempt, reading, type, waitUntil } = options;
  const { chunks, rest } = await inTime(answer, reading, readBeginning);
  if (rest === null) return type.startsWith("text/") ? asText(joined(chunks)) : joined(chunks);
  const { readable, writable } = new IdentityTransformStream();
  const timer = setTimeout(() => answer.abort(), attempt.clock.stream().totalMs);
  const passed = pass(chunks, rest, writable)
    .catch(() => answer.abort())
    .finally(() => clearTimeout(timer));
  waitUntil(passed);
  return readable;
}

interface Beginning {
  chunks: Uint8Array[];
  /** What is still to come; null when that was all. */
  rest: ReadableStream<Uint8Array> | null;
}

async function readBeginning(body: ReadableStream<Uint8Array> | null): Promise<Beginning> {
  const chunks: Uint8Array[] = [];
  if (body === null) return { chunks, rest: null };
  const reader = body.getReader();
  for (let bytes = 0; bytes <= LARGEST_WHOLE; bytes += chunks.at(-1)?.byteLength ?? 0) {
    const { done, value } = await reader.read();
    if (done) return { chunks, rest: null };
    chunks.push(value);
  }
  reader.releaseLock();
  return { chunks, rest: body };
}

async function pass(
  chunks: readonly Uint8Array[],
  rest: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const writer = writable.getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  writer.releaseLock();
  await rest.pipeTo(writable);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** The bytes themselves where they are in another encoding. */
function asText(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}
