import { ApiError } from "@ai-proxy/shared/errors";
import { describe, expect, test } from "vitest";
import { bodyFailure, ERROR_CODES, failureError, responseFailure, thrownFailure } from "../src/errors.ts";
import { readmeRows } from "./readme-table.ts";

/** 2026-11-23 23:00 UTC. */
const NOW = Date.UTC(2026, 10, 23, 23);

const thrown = (message: string) => failureError(thrownFailure(new Error(message)), NOW);

describe("what the binding throws", () => {
  test.each([
    ["3040: Capacity temporarily exceeded, please try again.", 429, "overloaded", "capacity_exceeded"],
    [
      "3036: You have used up your daily free allocation of 10,000 neurons.",
      429,
      "quota_exhausted",
      "insufficient_quota",
    ],
    ["4006: you have used up your daily free allocation", 429, "quota_exhausted", "insufficient_quota"],
    ["you have used up your daily free allocation of 10,000 neurons", 429, "quota_exhausted", "insufficient_quota"],
    ["10000: Authentication error", 502, "auth", "provider_auth_error"],
    ["3007: Request timeout", 408, "timeout", "upstream_timeout"],
    ["3008: Request was aborted", 408, "timeout", "upstream_timeout"],
    ["5007: No such model @cf/x or task", 400, "model_not_found", "model_not_found"],
    ["3042: The model name is invalid", 404, "model_not_found", "model_not_found"],
    ["5028: This model was deprecated on 2026-05-30", 404, "model_not_found", "model_not_found"],
    ["3006: Request is too large", 413, "too_large", "request_too_large"],
    ["3041: The account is not allowed to access this model", 502, "auth", "provider_auth_error"],
    ["5016: User has not agreed to Llama3.2 model terms", 502, "auth", "provider_auth_error"],
    ["5019: Request trying to use deprecated SDK version", 400, "bad_request", null],
    ["8006: Invalid data for tool_choice", 400, "bad_request", null],
    ["2029: Request content blocked due to DLP policy violations", 400, "bad_request", "content_filter"],
    ["2030: Response content blocked due to DLP policy violations", 400, "bad_request", "content_filter"],
    ["5099: Something new about the request", 400, "bad_request", null],
    ["5000: Something new about the request", 400, "bad_request", null],
    ["5100: Something new", 502, "upstream_error", "upstream_error"],
    ["4999: Something new", 502, "upstream_error", "upstream_error"],
    ["Network connection lost.", 502, "upstream_error", "upstream_error"],
  ])("%s → %i %s", (message, status, condition, code) => {
    expect(thrown(message)).toMatchObject({ status, condition, code });
    expect(thrown(message).message).toContain(message.replace(/^\d+: /, ""));
  });

  test("the daily allocation says when it comes back, and that trying again is no use", () => {
    const error = thrown("3036: You have used up your daily free allocation of 10,000 neurons.");
    expect(error).toMatchObject({ retryAfterMs: 3_600_000, headers: { "x-should-retry": "false" } });
    expect(thrown("3040: Capacity temporarily exceeded").retryAfterMs).toBeUndefined();
  });

  test.each([
    ['8007: {"error":{"message":"top_k is too large","type":"BadRequestError","code":400}}', 400, "bad_request"],
    ['AiError: 8007: {"object":"error","message":"top_k is too large","code":429}', 429, "rate_limited"],
    ['5006: {"error":{"message":"top_k is too large","code":500}}', 400, "bad_request"],
  ])("an error object behind the code gives its message: %s", (text, status, condition) => {
    expect(thrown(text)).toMatchObject({ status, condition, message: "top_k is too large" });
  });

  test.each([
    ["InferenceUpstreamError: 3040: Capacity", "Capacity"],
    ["3040: AiError: Capacity", "Capacity"],
    ["AiError: 3040: Capacity", "Capacity"],
  ])("the code is found in %s", (text, message) => {
    expect(thrownFailure(new Error(text))).toEqual({ code: 3040, message, status: undefined });
  });
});

describe("a window that is too small is context_length_exceeded", () => {
  test.each([
    "5021: The estimated number of input and maximum output tokens (139704) exceeded this model context window limit (80000).",
    "3010: AiError: The estimated number of input and maximum output tokens (35000) exceeded this model context window limit (24000)",
    "8007: Requested token count exceeds the model's maximum context length of 256000 tokens.",
  ])("%s", (message) => {
    expect(thrown(message)).toMatchObject({
      status: 400,
      code: "context_length_exceeded",
      param: "messages",
      condition: "context_length",
    });
  });

  test("as a 413 too", () => {
    const body = JSON.stringify({
      errors: [{ code: 5021, message: "AiError: exceeded this model context window limit (24000)" }],
    });
    expect(failureError(responseFailure(413, body), NOW)).toMatchObject({
      status: 400,
      code: "context_length_exceeded",
      upstreamStatus: 413,
    });
  });
});

describe("a Response that is not 2xx", () => {
  test.each([
    [
      '{"internalCode":3040,"name":"AiError","description":"Busy","message":"AiError: Busy","errors":[{"code":3040,"message":"AiError: Busy"}],"success":false}',
      3040,
      "Busy",
    ],
    ['{"result":null,"success":false,"errors":[{"code":3040,"message":"AiError: Busy"}]}', 3040, "Busy"],
    ['{"errors":[{"code":"3040","message":"Busy"}]}', 3040, "Busy"],
    ['{"error":{"message":"Busy","code":3040}}', 3040, "Busy"],
    ['{"error":"3040: Busy"}', 3040, "Busy"],
    // AI Gateway's own errors.
    [
      '{"success":false,"error":[{"code":2016,"message":"Prompt blocked"}],"name":"AiGatewayError"}',
      2016,
      "Prompt blocked",
    ],
    ['{"errors":["3040: Busy"]}', 3040, "Busy"],
    ['"3040: Busy"', 3040, "Busy"],
    ['{"detail":"no such thing"}', undefined, "no such thing"],
    ['{"message":"no such thing"}', undefined, "no such thing"],
    ['{"success":false,"message":"no such thing"}', undefined, "no such thing"],
    ['{"error":{"message":"Busy","code":"x3040"}}', undefined, "Busy"],
    ['{"error":{"message":"Busy","code":"3040x"}}', undefined, "Busy"],
    ['{"error":{"message":"Busy","code":3040.5}}', undefined, "Busy"],
    ["x".repeat(500), undefined, "x".repeat(500)],
    ["x".repeat(501), undefined, "Workers AI answered with status 429."],
    ['{"something":"else"}', undefined, "Workers AI answered with status 429."],
    ["3040: Busy", 3040, "Busy"],
    ["<html>502</html>", undefined, "Workers AI answered with status 429."],
    ["", undefined, "Workers AI answered with status 429."],
  ])("%s", (text, code, message) => {
    expect(responseFailure(429, text)).toEqual({ code, message, status: 429 });
  });

  test.each([
    [2005, 502, "upstream_error", "upstream_error"],
    [2001, 503, "auth", "not_configured"],
    [2009, 502, "auth", "provider_auth_error"],
    [2016, 400, "bad_request", "content_filter"],
    [2098, 502, "upstream_error", "upstream_error"],
    [3041, 502, "auth", "provider_auth_error"],
  ])("a 400 with code %i is %i %s: only the request's faults are the caller's", (code, status, condition, name) => {
    const body = JSON.stringify({ success: false, error: [{ code, message: "no" }], name: "AiGatewayError" });
    expect(failureError(responseFailure(400, body), NOW)).toMatchObject({ status, condition, code: name });
  });

  test.each([
    [302, 502, "upstream_error", "upstream_error"],
    [401, 502, "auth", "provider_auth_error"],
    [403, 502, "auth", "provider_auth_error"],
    [404, 404, "model_not_found", "model_not_found"],
    [408, 408, "timeout", "upstream_timeout"],
    [413, 413, "too_large", "request_too_large"],
    [422, 422, "bad_request", null],
    [418, 400, "bad_request", null],
    [429, 429, "rate_limited", "rate_limit_exceeded"],
    [500, 502, "upstream_error", "upstream_error"],
    [504, 504, "timeout", "upstream_timeout"],
  ])("status %i without a code is %i %s", (status, ours, condition, code) => {
    expect(failureError(responseFailure(status, '{"errors":[{"message":"no"}]}'), NOW)).toMatchObject({
      status: ours,
      condition,
      code,
      upstreamStatus: status,
    });
  });
});

test("a refusal of the account says so, and not as if it were the caller's", () => {
  expect(thrown("10000: Authentication error").message).toBe(
    "Workers AI does not serve this account: Authentication error",
  );
});

test.each([
  [413, 413, "too_large"],
  [422, 422, "bad_request"],
  [599, 502, "upstream_error"],
  [600, 502, "upstream_error"],
  [399, 502, "upstream_error"],
])("a status in the place of the code, %i, counts as one: %i %s", (code, status, condition) => {
  const failure = bodyFailure({ error: { message: "no", code } });
  expect(failure && failureError(failure, NOW)).toMatchObject({ status, condition });
});

test("the status that came with a known code is kept where a client may see it", () => {
  const gone = (status: number) =>
    failureError(responseFailure(status, '{"internalCode":5028,"description":"Deprecated"}'), NOW);
  expect(gone(400)).toMatchObject({ status: 400, condition: "model_not_found" });
  expect(gone(410)).toMatchObject({ status: 404, condition: "model_not_found" });
});

test.each([
  { object: "error", message: "bad top_p", type: "BadRequestError", code: 400 },
  { error: { message: "bad top_p", type: "BadRequestError", code: 400 } },
])("vLLM's own error %j is a 400 with its message", (body) => {
  const failure = bodyFailure(body);
  expect(failure && failureError(failure, NOW)).toMatchObject({
    status: 400,
    condition: "bad_request",
    message: "bad top_p",
  });
});

test.each([{ response: "a" }, { choices: [], error: null }, { usage: {} }, { success: true, errors: [], result: {} }])(
  "%j reports no failure",
  (body) => {
    expect(bodyFailure(body)).toBeUndefined();
  },
);

test("README.md prints the table of codes", () => {
  const printed = readmeRows(/^\d{4,5}$/).map(([code, status, condition, name]) => [code, status, condition, name]);
  const table = Object.entries(ERROR_CODES).map(([code, rule]) => [
    code,
    String(rule.status),
    rule.condition,
    rule.code === null ? "–" : `\`${rule.code}\``,
  ]);
  expect(printed).toEqual(table);
});

test("messages of any length are read in no time", () => {
  const text = `${"1234: ".repeat(100_000)}x`;
  expect(failureError(thrownFailure(new Error(text)), NOW)).toBeInstanceOf(ApiError);
});
