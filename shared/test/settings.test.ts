import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { jsonObject, readSetting, strictObject } from "../settings.ts";

const schema = strictObject(
  {
    key: v.optional(v.pipe(v.string("must be a string"), v.regex(/^[A-Z]+$/, "must be a name in capitals")), "NONE"),
    models: v.optional(
      v.pipe(jsonObject("must be an object of strings"), v.record(v.string(), v.string("must be a string"))),
    ),
  },
  "is not a setting",
);

test("a setting is read, with its defaults", () => {
  expect(readSetting("X", schema, {})).toEqual({ key: "NONE" });
  expect(readSetting("X", schema, { key: "A", models: { "gpt-4.1": "b" } })).toEqual({
    key: "A",
    models: { "gpt-4.1": "b" },
  });
});

describe("a mistake in a setting is a 503 that names the field, never its value", () => {
  test.each([
    ["secret", "X must be an object."],
    [["secret"], "X must be an object."],
    [null, "X must be an object."],
    [{ key: 1 }, "X.key must be a string."],
    [{ key: "secret" }, "X.key must be a name in capitals."],
    [{ models: ["secret"] }, "X.models must be an object of strings."],
    [{ models: { "gpt-4.1": 1 } }, "X.models.gpt-4.1 must be a string."],
    [{ secrets: "secret" }, "X.secrets is not a setting; there are key, models."],
  ])("%j", (value, message) => {
    expect(() => readSetting("X", schema, value)).toThrow(
      expect.objectContaining({ status: 503, code: "not_configured", condition: "auth", message }),
    );
  });
});
