import { expect, test } from "vitest";
import { isJsonContentType, isObject, tryParseJson } from "../json.ts";

test.each([
  "application/json",
  "Application/JSON; charset=utf-8",
  "application/json ;charset=utf-8",
  "text/json",
  "application/problem+json",
  "application/vnd.api+json; version=1",
  "image/svg+json",
])("%s is JSON's content type", (type) => {
  expect(isJsonContentType(type)).toBe(true);
});

test.each([
  null,
  undefined,
  "",
  "json",
  "text/plain",
  "application/jsonl",
  "application/json-seq",
  "application/x-ndjson",
  "text/plain; a=application/json",
  "multipart/form-data; boundary=json",
  "application/json/x",
])("%s is not", (type) => {
  expect(isJsonContentType(type)).toBe(false);
});

test.each([
  [{}, true],
  [{ a: 1 }, true],
  [[], false],
  [null, false],
  ["{}", false],
  [undefined, false],
])("%j is an object: %s", (value, expected) => {
  expect(isObject(value)).toBe(expected);
});

test.each([
  ['{"a":1}', { a: 1 }],
  ["null", null],
  ["{", undefined],
  ["", undefined],
])("the text %j holds %j", (text, value) => {
  expect(tryParseJson(text)).toEqual(value);
});
