import { expect, test } from "vitest";
import { readCallArguments } from "../formats/tool-call-arguments.ts";

test.each([
  ['{"a":1}', { a: 1 }],
  [{ a: 1 }, { a: 1 }],
  ["{}", {}],
  ["", {}],
  [" ", {}],
  ["null", {}],
  [" null\n", {}],
  [null, {}],
  [undefined, {}],
  ['{"a":', undefined],
  ["[]", undefined],
  [[], undefined],
  ['"x"', undefined],
  ["7", undefined],
  [false, undefined],
])("arguments %j in a history are %j", (given, expected) => {
  expect(readCallArguments(given)).toEqual(expected);
});
