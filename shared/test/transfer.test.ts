import { expect, test } from "vitest";
import { answerForRpc, bodyForRpc, bodyText } from "../contract/transfer.ts";

const MIB = 1024 * 1024;

test.each([
  ["", "string"],
  ["{}", "string"],
  ["a".repeat(15 * MIB), "string"],
  ["a".repeat(15 * MIB + 1), "object"],
  ["的".repeat(15 * MIB + 1), "object"],
])("a body crosses as text, or as bytes where text might not fit, and comes out as it was (case %#)", (text, type) => {
  const body = bodyForRpc(text);
  expect(typeof body).toBe(type);
  expect(bodyText(body) === text).toBe(true);
});

test.each([
  ["a text", "{}", "{}"],
  ["bytes, as audio is", Uint8Array.of(0xff, 0), Uint8Array.of(0xff, 0)],
  ["as many bytes as fit", new Uint8Array(30 * MIB), expect.any(Uint8Array)],
  ["more bytes than fit", new Uint8Array(30 * MIB + 1), expect.any(ReadableStream)],
  ["a text whose bytes are more than fit", "的".repeat(15 * MIB), expect.any(String)],
  ["a longer one", "的".repeat(15 * MIB + 1), expect.any(ReadableStream)],
])("an answer crosses to the gateway whole, or as a stream: %s", (_, answer, crossing) => {
  expect(answerForRpc(answer)).toEqual(crossing);
});

test("an answer that crosses as a stream is the answer", async () => {
  const bytes = new Uint8Array(30 * MIB + 1);
  bytes[bytes.length - 1] = 7;
  const stream = answerForRpc(bytes);
  if (!(stream instanceof ReadableStream)) throw new Error("no stream");
  const read = new Uint8Array(await new Response(stream).arrayBuffer());
  expect([read.length, read.at(-1)]).toEqual([bytes.length, 7]);
});
