import { describe, expect, test } from "vitest";
import { ApiError, badRequest, invalidResponse, notConfigured, providerAuthError, toApiError } from "../errors.ts";
import { errorResponse, retryAfterHeader } from "../formats/error-body.ts";

test.each([
  [400, "invalid_request_error", "bad_request", null],
  [401, "authentication_error", "auth", null],
  [402, "invalid_request_error", "auth", null],
  [403, "permission_error", "auth", null],
  [404, "invalid_request_error", "model_not_found", null],
  [408, "timeout_error", "timeout", null],
  [413, "invalid_request_error", "too_large", null],
  [422, "invalid_request_error", "bad_request", null],
  [429, "rate_limit_error", "rate_limited", null],
  [500, "server_error", "upstream_error", "upstream_error"],
  [502, "upstream_error", "upstream_error", "upstream_error"],
  [503, "service_unavailable", "overloaded", "overloaded"],
  [504, "timeout_error", "timeout", "timeout"],
  [529, "upstream_error", "overloaded", "overloaded"],
])("an error of status %i that says nothing else is %s, %s, with the code %s", (status, type, condition, code) => {
  expect(new ApiError({ status, message: "m" })).toMatchObject({ type, condition, code, param: null });
});

test.each([
  [
    "a field that is wrong",
    badRequest("m", "n", "invalid_value"),
    { status: 400, param: "n", code: "invalid_value", condition: "bad_request" },
  ],
  [
    "an answer that cannot be used",
    invalidResponse("m"),
    { status: 502, code: "invalid_upstream_response", condition: "invalid_response" },
  ],
  [
    "an answer without anything in it",
    invalidResponse("m", "empty_completion"),
    { status: 502, code: "empty_completion", condition: "empty_completion" },
  ],
  [
    "a key that was refused",
    providerAuthError("Acme", 401),
    { status: 502, code: "provider_auth_error", condition: "auth", upstreamStatus: 401 },
  ],
  ["a setting that is missing", notConfigured("m"), { status: 503, code: "not_configured", condition: "auth" }],
])("%s is an error of its own kind", (_, error, expected) => {
  expect(error).toMatchObject(expected);
});

test("a key that was refused says whose it is, with the provider's words where there are any", () => {
  expect(providerAuthError("Acme", 403).message).toContain("Acme");
  expect(providerAuthError("Acme", 403, "billing is off").message).toContain("billing is off");
});

test.each([
  [429, 2_001, { "retry-after": "3" }],
  [503, 0, { "retry-after": "1" }],
  [502, 2_000, {}],
  [429, undefined, {}],
])("a %i after which to wait %s ms says so: %j", (status, retryAfterMs, headers) => {
  expect(retryAfterHeader({ status, retryAfterMs })).toEqual(headers);
});

test("an error is answered as OpenAI's is", async () => {
  const response = errorResponse(new ApiError({ status: 400, message: "m", param: "p", code: "c" }));
  expect(response.status).toBe(400);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.json()).toEqual({
    error: { message: "m", type: "invalid_request_error", param: "p", code: "c" },
  });
  const limited = new ApiError({
    status: 429,
    message: "m",
    retryAfterMs: 1_500,
    headers: { "x-should-retry": "false" },
  });
  expect(Object.fromEntries(errorResponse(limited).headers)).toEqual({
    "content-type": "application/json",
    "retry-after": "2",
    "x-should-retry": "false",
  });
});

describe("a thrown value", () => {
  test("that is an ApiError stays what it is", () => {
    const error = new ApiError({ status: 418, message: "tea" });
    expect(toApiError(error)).toBe(error);
  });

  test.each([new Error("sk-secret at line 5"), new RangeError("Invalid array length"), "text", undefined])(
    "of our own making is a 500 that says nothing of it: %j",
    (thrown) => {
      const error = toApiError(thrown);
      expect(error).toMatchObject({ status: 500, code: "internal_error", condition: "internal", cause: thrown });
      expect(error.message).not.toContain("secret");
    },
  );

  test("of a stack that a request has filled is a bad request", () => {
    const depth = (value: unknown[]): number => 1 + depth([value]);
    let thrown: unknown;
    try {
      depth([]);
    } catch (caught) {
      thrown = caught;
    }
    expect(toApiError(thrown)).toMatchObject({
      status: 400,
      code: "invalid_value",
      condition: "bad_request",
    });
  });
});
