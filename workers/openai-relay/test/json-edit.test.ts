import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arrayElements, editObject, JsonTextError, memberValue, objectMembers, stringsIn } from "../src/json-edit.ts";

const remove = (...keys: string[]) => ({ remove: new Set(keys) });

describe("members of an object", () => {
  test("are found with their places, whatever stands inside strings", () => {
    const text = ' { "a" : "x\\"}{,\\\\" , "b":[1,{"a":2}],"":-1.5e9 , "c":null} ';
    const found = objectMembers(text).map(({ key, value }) => [key, text.slice(value.start, value.end)]);
    expect(found).toEqual([
      ["a", '"x\\"}{,\\\\"'],
      ["b", '[1,{"a":2}]'],
      ["", "-1.5e9"],
      ["c", "null"],
    ]);
  });

  test("have their keys' escapes resolved", () => {
    expect(objectMembers('{"mod\\u0065l":1,"a\\"b":2}').map(({ key }) => key)).toEqual(["model", 'a"b']);
  });

  test("of the same name are all there, and the last is the one that counts", () => {
    const text = '{"a":1,"a":2}';
    const value = memberValue(objectMembers(text), "a");
    expect(text.slice(value?.start, value?.end)).toBe("2");
  });

  test("are as JSON.parse sees them, for any object", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), fc.nat(3), (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        const read = objectMembers(text).map(({ key, value }) => [
          key,
          JSON.parse(text.slice(value.start, value.end)) as unknown,
        ]);
        expect(read).toEqual(Object.entries(JSON.parse(text) as object));
      }),
    );
  });
});

test("elements of an array are found", () => {
  const text = '{"m":[ {"a":"]"} , "b",3,[4] ]}';
  expect(arrayElements(text, 5).map(({ start, end }) => text.slice(start, end))).toEqual([
    '{"a":"]"}',
    '"b"',
    "3",
    "[4]",
  ]);
  expect(arrayElements("[ ]", 0)).toEqual([]);
});

test("strings are found, names too, whatever is escaped in them", () => {
  const text = String.raw`{"a\"":["b\\",1,{"":"[\"]"}]} `;
  const found = stringsIn(text).map(({ start, end }) => text.slice(start, end));
  expect(found).toEqual([String.raw`"a\""`, String.raw`"b\\"`, '""', String.raw`"[\"]"`]);
  expect(() => stringsIn('["a')).toThrow(JsonTextError);
});

describe("editing", () => {
  test.each([
    ["nothing", '{"a":1, "b":2}', {}, '{"a":1, "b":2}'],
    ["the first goes", '{"a":1, "b":2}', remove("a"), '{"b":2}'],
    ["the last goes", '{ "a":1 , "b":2 }', remove("b"), '{ "a":1 }'],
    ["one between goes", '{"a":1,"b":2,\n"c":3}', remove("b"), '{"a":1,\n"c":3}'],
    ["neighbours go", '{"a":1,"b":2,"c":3,"d":4}', remove("b", "c"), '{"a":1,"d":4}'],
    ["the first two go", '{"a":1,"b":2,"c":3}', remove("a", "b"), '{"c":3}'],
    ["first and last go", '{"a":1,"b":2,"c":3}', remove("a", "c"), '{"b":2}'],
    ["all go", '{"a":1,"b":2}', remove("a", "b"), "{}"],
    ["every one of a name goes", '{"a":1,"b":2,"a":{"x":[]}}', remove("a"), '{"b":2}'],
    ["a key in escapes goes", '{"prov\\u0069der":"x","b":2}', remove("provider"), '{"b":2}'],
    ["a key inside a value stays", '{"b":{"a":1},"c":"\\"a\\":1"}', remove("a"), '{"b":{"a":1},"c":"\\"a\\":1"}'],
    ["a value is replaced", '{"a": "x" ,"b":2}', { set: { a: '"y"' } }, '{"a": "y" ,"b":2}'],
    ["all of a name are replaced", '{"a":1,"a":2}', { set: { a: "3" } }, '{"a":3,"a":3}'],
    ["a member is added", '{"a":1 }', { set: { b: "[]" } }, '{"a":1,"b":[] }'],
    ["a member is added to none", "{ }", { set: { b: "[]" } }, '{"b":[] }'],
    ["a name changes", '{"a" : 1,"b":2}', { rename: { a: "z" } }, '{"z" : 1,"b":2}'],
    ["name and value change", '{"a":1}', { rename: { a: "z" }, set: { a: "2" } }, '{"z":2}'],
    ["one goes, one comes", '{"a":1}', { ...remove("a"), set: { b: "2" } }, '{"b":2}'],
    ["last goes, one comes", '{"b":1,"a":1}', { ...remove("a"), set: { c: "2" } }, '{"b":1,"c":2}'],
  ])("%s", (_, text, edits, expected) => {
    expect(editObject(text, edits)).toBe(expected);
  });

  test("gives the very same string when nothing changes", () => {
    const text = '{"model":"x","n":12345678901234567}';
    expect(editObject(text, { ...remove("provider"), set: { model: '"x"' } })).toBe(text);
  });

  test("is the same as editing the parsed object, for any object", () => {
    const key = fc.constantFrom("model", "provider", "stream", "a", "__proto__x", "messages");
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), fc.nat(2), (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        const edited = editObject(text, { ...remove("provider", "stream"), set: { model: '"m"' } });
        const { provider: _, stream: __, ...rest } = JSON.parse(text);
        expect(JSON.parse(edited)).toEqual({ ...rest, model: "m" });
      }),
    );
  });
});

describe("what is no JSON object is refused, not looped over", () => {
  test.each([
    "",
    "[]",
    "{",
    '{"a"',
    '{"a":',
    '{"a":}',
    '{"a":1',
    '{"a":1,',
    '{"a":[1}',
    '{"a":"x}',
    "{a:1}",
    "{1:2}",
    '["a":1}',
    '{"a" 1}',
    '{"a":1 "b":2}',
    '{"\\x":1}',
  ])("%s", (text) => {
    expect(() => objectMembers(text)).toThrow(JsonTextError);
  });
});

test("backslashes, quotes and brackets by the million take linear time", () => {
  const hostile = [`"${"\\\\".repeat(2e6)}"`, `"${'\\"'.repeat(2e6)}"`, `${"[".repeat(2e6)}${"]".repeat(2e6)}`];
  for (const value of hostile) {
    expect(editObject(`{"a":${value},"provider":1}`, remove("provider"))).toHaveLength(value.length + 6);
  }
});
