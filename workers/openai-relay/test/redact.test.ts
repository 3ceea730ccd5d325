import { expect, test } from "vitest";
import { redact, redactObject } from "../src/redact.ts";

test.each([
  ["a key-1234 b key-1234", ["key-1234"], "a [redacted] b [redacted]"],
  ["key-1234 and key-5678", ["key-1234", "key-5678"], "[redacted] and [redacted]"],
  ["none of it, EMPTY, key-123", ["none", "EMPTY", "", "key-123"], "none of it, EMPTY, key-123"],
])("P74: of %j no secret is left, but for words that are none", (text, secrets, clean) => {
  expect(redact(text, secrets)).toBe(clean);
});

test.each(["key-1234", 'key"12\\34'])("P74: nor in an object: %s", (secret) => {
  const echo = (key: string) => ({ message: `No such key: ${key}.`, details: [{ [key]: key }] });
  expect(redactObject(echo(secret), [secret])).toEqual(echo("[redacted]"));
});
