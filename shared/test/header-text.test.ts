import { expect, test } from "vitest";
import { headerText } from "../formats/header-text.ts";

test.each([
  ["gemini-2.5-flash", "gemini-2.5-flash"],
  ["a\r\nset-cookie: x=y", "aset-cookie: x=y"],
  ["qwen/é-1", "qwen/é-1"],
  ["x".repeat(20_000), "x".repeat(256)],
])("a provider's name for its model is a header's value: %j", (text, value) => {
  expect(headerText(text)).toBe(value);
});
