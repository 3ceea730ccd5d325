import { expect, test } from "vitest";
import { readAnswerLimit } from "../formats/answer-limit.ts";
import type { JsonObject } from "../json.ts";

test.each<[JsonObject, number | undefined]>([
  [{}, undefined],
  [{ max_tokens: null, max_completion_tokens: null }, undefined],
  [{ max_tokens: 5 }, 5],
  [{ max_completion_tokens: 7 }, 7],
  [{ max_tokens: 5, max_completion_tokens: 7 }, 7],
  [{ max_tokens: 5, max_completion_tokens: null }, 5],
  [{ max_tokens: -1 }, undefined],
  [{ max_completion_tokens: -1 }, undefined],
  [{ max_tokens: 5, max_completion_tokens: -1 }, undefined],
])("the limit of %j is %j", (body, expected) => {
  expect(readAnswerLimit(body)).toBe(expected);
});

test.each<[JsonObject, string, string]>([
  [{ max_tokens: 0 }, "max_tokens", "invalid_value"],
  [{ max_tokens: -2 }, "max_tokens", "invalid_value"],
  [{ max_completion_tokens: 0, max_tokens: 5 }, "max_completion_tokens", "invalid_value"],
  [{ max_tokens: 1.5 }, "max_tokens", "invalid_value"],
  [{ max_tokens: 2 ** 31 }, "max_tokens", "invalid_value"],
  [{ max_tokens: "9" }, "max_tokens", "invalid_type"],
])("%j is a 400 that names the field", (body, param, code) => {
  expect(() => readAnswerLimit(body)).toThrow(expect.objectContaining({ status: 400, param, code }));
});
