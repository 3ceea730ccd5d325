import { expect, test } from "vitest";
import { ApiError } from "../errors.ts";
import { cutError, deadlineError, emptyCompletion, failureReply, jsonReply, networkError } from "../upstream/reply.ts";

const usage = { promptTokens: 1, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0 };

test("a whole answer is JSON with status 200, unless it says otherwise", () => {
  expect(jsonReply({ a: 1 }, usage)).toEqual({
    status: 200,
    headers: { "content-type": "application/json" },
    body: '{"a":1}',
    usage,
  });
  const more = { headers: { "x-gateway-ignored": "n" }, usageEstimated: true, servedModel: "m" };
  expect(jsonReply([], null, more)).toEqual({
    status: 200,
    headers: { "content-type": "application/json", "x-gateway-ignored": "n" },
    body: "[]",
    usage: null,
    usageEstimated: true,
    servedModel: "m",
  });
});

test.each([
  [networkError("Acme", new Error("x")), 502, "network", "upstream_unreachable"],
  [cutError("Acme"), 502, "network", "upstream_stream_cut"],
  [deadlineError("Acme", "a first byte"), 504, "timeout", "upstream_timeout"],
  [emptyCompletion("Acme"), 502, "empty_completion", "empty_completion"],
  [new Error("of ours"), 500, "internal", "internal_error"],
])("%s is a failed attempt with status %i, %s", (error, status, condition, code) => {
  const reply = failureReply(error);
  expect(reply).toMatchObject({ status, usage: null, failure: { condition, code } });
  expect(JSON.parse(reply.body).error).toMatchObject({ code, message: expect.any(String), param: null });
});

test.each([
  [{ usage }, { usage }],
  [
    { usage, usageEstimated: true },
    { usage, usageEstimated: true },
  ],
  [{}, { usage: null }],
])("a failure that says %j was spent reports it", (spent, expected) => {
  const reply = failureReply(new ApiError({ status: 502, message: "m", ...spent }));
  expect(reply).toMatchObject(expected);
  expect("usageEstimated" in reply).toBe("usageEstimated" in expected);
});

test("an empty completion has cost what the provider says", () => {
  expect(failureReply(emptyCompletion("Acme", usage)).usage).toEqual(usage);
});
