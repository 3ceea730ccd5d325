import { expect, test } from "vitest";
import { isObject, tryParseJson } from "../json.ts";

test.each([
  [{}, true],
  [{ a: 1 }, true],
  [[], false],
  [null, false],
  [undefined, false],
  ["{}", false],
  [1, false],
])("%j is an object of JSON: %s", (value, expected) => {
  expect(isObject(value)).toBe(expected);
});

test.each([
  ['{"a":[1,null]}', { a: [1, null] }],
  ["null", null],
  ['"text"', "text"],
  ["", undefined],
  ["{", undefined],
  ["undefined", undefined],
])("%j is parsed as %j", (text, value) => {
  expect(tryParseJson(text)).toEqual(value);
});
