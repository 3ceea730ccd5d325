import { expect, test } from "vitest";
import { UNICODE_RUNS } from "../src/encoding/unicode-table.ts";
import { codePointClasses } from "../tools/tiktoken-classes.ts";

test("every code point is of the class that tiktoken's regex engine gives it", () => {
  const ours = [...UNICODE_RUNS.matchAll(/([A-Z])([0-9a-z]*)/g)].flatMap(([, letter = "", length]) =>
    new Array<string>(length ? Number.parseInt(length, 36) : 1).fill(letter),
  );
  expect(ours.join("") === codePointClasses().join("")).toBe(true);
});
