import { expect, test } from "vitest";
import { joinDeltas } from "../formats/join-deltas.ts";

test.each([
  ["texts go on", { a: "x" }, { a: "y", b: 1 }, { a: "xy", b: 1 }],
  [
    "names and ids do not",
    { id: "a", type: "t", name: "f" },
    { id: "a", type: "t", name: "f" },
    { id: "a", type: "t", name: "f" },
  ],
  [
    "objects inside too",
    { f: { name: "f", arguments: "{" } },
    { f: { arguments: "}" } },
    { f: { name: "f", arguments: "{}" } },
  ],
  ["lists go on", { l: [1] }, { l: [2] }, { l: [1, 2] }],
  [
    "what has an index goes on in its place",
    {
      l: [
        { index: 0, text: "a" },
        { index: 1, text: "b" },
      ],
    },
    {
      l: [
        { index: 1, text: "c" },
        { index: 2, text: "d" },
      ],
    },
    {
      l: [
        { index: 0, text: "a" },
        { index: 1, text: "bc" },
        { index: 2, text: "d" },
      ],
    },
  ],
  ["nulls say nothing", { a: "x", b: null }, { a: null, b: "y", c: null }, { a: "x", b: "y", c: null }],
  ["of others the last counts", { n: 1, b: true, m: "x" }, { n: 2, b: false, m: 3 }, { n: 2, b: false, m: 3 }],
])("%s", (_, before, after, joined) => {
  expect(joinDeltas(before, after)).toEqual(joined);
});

test("a member called __proto__ is one like others", () => {
  const hostile = JSON.parse('{"__proto__":{"a":"x"}}');
  expect(Object.entries(joinDeltas(hostile, hostile))).toEqual([["__proto__", { a: "xx" }]]);
});
