import { expect, test } from "vitest";
import { isJsonContentType, isObject, tryParseJson } from "../json.ts";

test.each<[string | null, boolean]>([
  ["application/json", true],
  ["application/json; charset=utf-8", true],
  ["application/json ;charset=utf-8", true],
  ["Application/JSON", true],
  ["application/vnd.api+json", true],
  ["application/problem+json;x=y", true],
  ["application/jsonp", false],
  ["application/json+zip", false],
  ["text/json", true],
  ["x-application/json", false],
  ["text/plain", false],
  ["", false],
  [null, false],
])("the content type %j is JSON: %s", (type, expected) => {
  expect(isJsonContentType(type)).toBe(expected);
});

test.each<[unknown, boolean]>([
  [{}, true],
  [[], false],
  [null, false],
  ["{}", false],
  [1, false],
  [undefined, false],
])("%j is an object: %s", (value, expected) => {
  expect(isObject(value)).toBe(expected);
});

test("a text that is no JSON is undefined", () => {
  expect([tryParseJson("{"), tryParseJson(""), tryParseJson("null")]).toEqual([undefined, undefined, null]);
});
