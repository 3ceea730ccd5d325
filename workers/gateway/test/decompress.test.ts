import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readJson } from "../src/request/body.ts";
import { codingOf } from "../src/request/decode.ts";

const text = JSON.stringify({ prompt: "grüße ".repeat(20) });

const post = (body: Uint8Array, coding: string | null, limit = 10_000) => {
  const headers = { "content-type": "application/json", ...(coding !== null && { "content-encoding": coding }) };
  return readJson(new Request("https://x/", { method: "POST", body: new Uint8Array(body), headers }), limit);
};

const CODINGS: [string, (bytes: Buffer) => Uint8Array][] = [
  ["gzip", gzipSync],
  ["x-gzip", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
  ["GZIP", gzipSync],
];

describe.each(CODINGS)("a body in %s", (coding, compress) => {
  test("is read", async () => {
    expect((await post(compress(Buffer.from(text)), coding)).text).toBe(text);
  });

  test("that is larger than the limit once it is decompressed is a 413", async () => {
    const bomb = compress(Buffer.alloc(1_000_000, 0x20));
    await expect(post(bomb, coding)).rejects.toMatchObject({ status: 413, code: "request_too_large" });
  });

  test("that is broken is a 400", async () => {
    await expect(post(Buffer.from("{}  not compressed"), coding)).rejects.toMatchObject({
      status: 400,
      param: "content-encoding",
      code: "invalid_content_encoding",
    });
  });
});

test("a frame of zstd may not ask for a window that is an isolate's whole memory", async () => {
  // RFC 8878: one raw block, "{}", and a window of 2^log bytes.
  const frame = (log: number) => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (log - 10) << 3, 0x11, 0, 0, 0x7b, 0x7d]);
  await expect(post(frame(25), "zstd")).resolves.toMatchObject({ text: "{}" });
  await expect(post(frame(27), "zstd")).rejects.toMatchObject({ status: 400, code: "invalid_content_encoding" });
});

test.each(["", "identity", null])("a body whose encoding is %j is as it was written", async (coding) => {
  expect((await post(Buffer.from(text), coding)).text).toBe(text);
});

test.each(["compress", "gzip, br", "aws-chunked", "__proto__"])(
  "an encoding of %s is a 415 that says what is taken",
  (coding) => {
    expect(() => codingOf(new Headers({ "content-encoding": coding }))).toThrow(
      expect.objectContaining({
        status: 415,
        param: "content-encoding",
        message: expect.stringContaining("gzip, deflate, br, zstd"),
        headers: { "accept-encoding": "gzip, deflate, br, zstd" },
      }),
    );
  },
);

test.each([
  ["a byte of Latin-1", Buffer.from('{"a":"\xe9"}', "latin1")],
  ["half a character", Buffer.from([...Buffer.from('{"a":"'), 0xe2, 0x82, ...Buffer.from('"}')])],
  ["a lone surrogate", Buffer.from([...Buffer.from('{"a":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')])],
  ["UTF-16", Buffer.from('{"a":1}', "utf16le").fill(0xff, 0, 1)],
])("JSON with %s is a 400, not a prompt with another character in it", async (_name, bytes) => {
  await expect(post(bytes, null)).rejects.toMatchObject({ status: 400, code: "invalid_json" });
});

test("a replacement character that was sent as one is kept, and a mark at the beginning goes", async () => {
  expect((await post(Buffer.from('\ufeff{"a":"\ufffd"}'), null)).text).toBe('{"a":"\ufffd"}');
});
