import fc from "fast-check";
import { expect, test } from "vitest";
import { completeJson, completeObject } from "../formats/half-json.ts";

test("the beginning of any JSON object can be completed", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(2), fc.nat(), (object, indent, at) => {
      const text = JSON.stringify(object, null, indent);
      const half = text.slice(0, at % text.length);
      expect(JSON.parse(half + completeObject(half, '"error":1'))).toMatchObject({ error: 1 });
    }),
    { numRuns: 2000 },
  );
});

test.each(["[1,", "x", "{}", '{"a":1}', "1"])("%s is no beginning of an object", (text) => {
  expect(completeObject(text, '"error":1')).toBeNull();
});

test("and is a JSON text of its own, as the beginning of a list is", () => {
  const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
  fc.assert(
    fc.property(value, fc.nat(2), fc.nat(), (given, indent, at) => {
      const text = JSON.stringify(given, null, indent);
      const half = text.slice(0, 1 + (at % text.length));
      expect(() => JSON.parse(half + completeJson(half))).not.toThrow();
    }),
    { numRuns: 2000 },
  );
});

test("what was said by then is kept", () => {
  const half = '{"error":{"code":400,"message":"No such mo';
  expect(JSON.parse(half + completeJson(half))).toEqual({ error: { code: 400, message: "No such mo" } });
});

test.each(["", "<html>", "plain"])("a text that is no JSON stays as it is: %s", (text) => {
  expect(completeJson(text)).toBe("");
});

test("brackets without end are not completed", () => {
  expect(completeJson("[".repeat(20_000)).length).toBeLessThanOrEqual(10_000);
  expect(completeObject('{"a":['.repeat(20_000), '"b":1')).toBeNull();
});
