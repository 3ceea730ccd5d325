import { expect, test } from "vitest";
import { redact } from "../src/redact.ts";

test.each([
  ["a key-1234 b key-1234", ["key-1234"], "a [redacted] b [redacted]"],
  ["key-1234 and key-5678", ["key-1234", "key-5678"], "[redacted] and [redacted]"],
  ["none of it, EMPTY, key-123", ["none", "EMPTY", "", "key-123"], "none of it, EMPTY, key-123"],
])("P74: of %j no secret is left, but for words that are none", (text, secrets, clean) => {
  expect(redact(text, secrets)).toBe(clean);
});
