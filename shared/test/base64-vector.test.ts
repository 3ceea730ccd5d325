import { expect, test } from "vitest";
import { toBase64Vector } from "../formats/base64-vector.ts";

test.each([
  [[], []],
  [
    [0.5, -2],
    [0.5, -2],
  ],
  [[0.1], [Math.fround(0.1)]],
])("%j in base64 is what OpenAI's SDKs read as %j", (vector, read) => {
  const bytes = Buffer.from(toBase64Vector(vector), "base64");
  expect(read.map((_, at) => bytes.readFloatLE(4 * at))).toEqual(read);
  expect(bytes).toHaveLength(4 * read.length);
});

test("a vector longer than a call may have arguments is written too", () => {
  const bytes = Buffer.from(toBase64Vector(Array(200_000).fill(1)), "base64");
  expect(bytes).toHaveLength(800_000);
});
