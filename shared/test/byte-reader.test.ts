import { expect, test } from "vitest";
import { type ByteReader, byteReader } from "../upstream/byte-reader.ts";

async function readAll(reader: ByteReader): Promise<string> {
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += new TextDecoder("latin1").decode(value);
  }
}

const text = Array.from({ length: 50_000 }, (_, at) => String.fromCharCode(97 + (at % 26))).join("");

function chunked(...parts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
}

test.each([
  ["of bytes", () => new Blob([text]).stream()],
  ["of chunks made in JavaScript", () => chunked(text.slice(0, 9_000), text.slice(9_000, 9_001), text.slice(9_001))],
])("a stream %s is read whole, in order", async (_, make) => {
  expect(await readAll(byteReader(make()))).toBe(text);
});

test("a stream that somebody else reads is refused, not waited for", () => {
  const stream = new Blob([text]).stream();
  stream.getReader();
  expect(() => byteReader(stream)).toThrow(TypeError);
});

test.each([
  ["of bytes", (cancel: () => void) => new ReadableStream({ type: "bytes", cancel })],
  ["of chunks made in JavaScript", (cancel: () => void) => new ReadableStream<Uint8Array>({ cancel })],
])("cancelling reaches the source of a stream %s", async (_, make) => {
  let cancelled = false;
  const stream = make(() => {
    cancelled = true;
  });
  await byteReader(stream).cancel();
  expect(cancelled).toBe(true);
});
