import { describe, expect, test } from "vitest";
import { answeredError, upstreamError } from "../src/errors.ts";

const google = (code: number, message: string, status = "INVALID_ARGUMENT", details: unknown[] = []) => ({
  error: { code, message, status, details },
});
const of = (status: number, body: unknown, rest: { retryAfterMs?: number; key?: string } = {}) =>
  upstreamError({ status, body: typeof body === "string" ? body : JSON.stringify(body), ...rest });

describe("Google's errors", () => {
  test.each([
    ["an object", google(400, "no such field")],
    ["a list of one", [google(400, "no such field")]],
    ["a bare text", { error: "no such field" }],
    ["plain text", "no such field"],
  ])("as %s keep status and message", (_, body) => {
    expect(of(400, body)).toMatchObject({
      status: 400,
      message: "no such field",
      condition: "bad_request",
      upstreamStatus: 400,
    });
  });

  test.each([
    [400, 2005, 502, "upstream_error"],
    [400, 2001, 503, "auth"],
    [401, 2009, 502, "auth"],
    [424, 2016, 400, "bad_request"],
  ])("that are AI Gateway's own (%i, code %i) are %i %s", (status, code, ours, condition) => {
    const error = of(status, { success: false, error: [{ code, message: "AIza is no key" }] }, { key: "AIza" });
    expect(error).toMatchObject({ status: ours, condition, message: expect.stringContaining("[key] is no key") });
  });

  test.each([
    ["an HTML page", "<html>Bad Gateway</html>"],
    ["nothing", ""],
    ["JSON of another kind", '{"oops":1}'],
    ["an error without words", google(503, "", "UNAVAILABLE")],
  ])("%s is not shown to the client", (_, body) => {
    expect(of(503, body)).toMatchObject({ status: 502, message: "Gemini is overloaded.", condition: "overloaded" });
  });

  test.each([
    [401, google(401, "bad credentials", "UNAUTHENTICATED")],
    [403, google(403, "Method doesn't allow unregistered callers", "PERMISSION_DENIED")],
    [
      400,
      google(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT", [
        { "@type": "x/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" },
      ]),
    ],
    [400, google(400, "API key expired. Please renew the API key.")],
    [402, google(402, "Payment required")],
    [400, google(400, "Wrong.", "INVALID_ARGUMENT", [{ "@type": "x/Help" }, { reason: "API_KEY_SERVICE_BLOCKED" }])],
  ])("a refused key (%i) is our own fault: 502 provider_auth_error without Google's words", (status, body) => {
    const error = of(status, body);
    expect(error).toMatchObject({
      status: 502,
      code: "provider_auth_error",
      condition: "auth",
      upstreamStatus: status,
    });
    expect(error.message).not.toContain("API key not valid");
  });

  test.each([
    google(400, "Say: API key not valid."),
    google(400, "Wrong.", "INVALID_ARGUMENT", [{ reason: "UNSUPPORTED" }]),
  ])("%j is the caller's mistake", (body) => {
    expect(of(400, body)).toMatchObject({ status: 400, condition: "bad_request" });
  });

  test("a permission that is missing in a 400 is no refused key", () => {
    const message = "CachedContent not found (or permission denied)";
    expect(of(400, google(400, message))).toMatchObject({ status: 400, message, condition: "bad_request" });
  });

  test("a key that Google repeats is not passed on", () => {
    const message = "key secret-1 and AIzaSyA1234567890123456789012345678901 are wrong";
    expect(of(400, google(400, message), { key: "secret-1" }).message).toBe("key [key] and [key] are wrong");
    expect(of(400, google(400, "a key"), { key: "" }).message).toBe("a key");
  });

  test.each([
    [
      404,
      google(404, "models/x is not found for API version v1beta", "NOT_FOUND"),
      { status: 404, code: "model_not_found", param: "model" },
    ],
    [
      404,
      google(404, "Not found: cache content metadata 7.", "NOT_FOUND"),
      { status: 404, code: null, condition: "bad_request" },
    ],
    [413, "too large", { status: 413, condition: "too_large" }],
    [422, "unprocessable", { status: 422, condition: "bad_request" }],
    [429, "slow down", { status: 429, code: "rate_limit_exceeded", condition: "rate_limited" }],
    [500, google(500, "Internal", "INTERNAL"), { status: 502, message: "Internal", condition: "upstream_error" }],
    [
      503,
      google(503, "The model is overloaded.", "UNAVAILABLE"),
      { status: 502, message: "The model is overloaded.", condition: "overloaded" },
    ],
    [
      404,
      google(404, "The model of models/x is not there", "NOT_FOUND"),
      { status: 404, code: "model_not_found", condition: "model_not_found" },
    ],
    [404, "", { status: 404, code: "model_not_found", message: "Gemini does not know this model." }],
    [503, "", { status: 502, code: "upstream_overloaded", message: "Gemini is overloaded." }],
    [529, "", { status: 502, code: "upstream_overloaded", condition: "overloaded" }],
    [408, "", { status: 504, code: "upstream_timeout", message: "Gemini took too long." }],
    [504, google(504, "Deadline", "DEADLINE_EXCEEDED"), { status: 504, message: "Deadline", condition: "timeout" }],
    [302, "", { status: 502, code: "upstream_error", condition: "upstream_error" }],
    [400, "", { status: 400, message: "Gemini refused the request." }],
    [418, "teapot", { status: 502, message: "teapot" }],
  ])("%i is told to client and routing as it should be", (status, body, expected) => {
    expect(of(status, body)).toMatchObject({ ...expected, upstreamStatus: status });
  });

  test.each([
    ["RESOURCE_EXHAUSTED", 8, { status: 429, condition: "rate_limited" }],
    ["UNAVAILABLE", undefined, { status: 502, condition: "overloaded" }],
    ["INTERNAL", 13, { status: 502, condition: "upstream_error" }],
    ["constructor", undefined, { status: 502 }],
    ["INVALID_ARGUMENT", 600, { status: 400, message: "m" }],
    ["INVALID_ARGUMENT", 399, { status: 400, message: "m" }],
    ["", 400, { status: 400, message: "m" }],
    ["", 599, { status: 502, upstreamStatus: 599 }],
  ])("in a stream's event %s counts where the code is none of HTTP's", (status, code, expected) => {
    expect(answeredError({ error: { code, status, message: "m" } })).toMatchObject(expected);
  });

  test.each([
    ["You do not have permission to access the File abc-1 or it may not exist.", "file_not_accessible"],
    ["CachedContent not found (or permission denied)", "file_not_accessible"],
    // google-gemini/deprecated-generative-ai-js issue 240.
    ["You do not have permission to access tuned model tunedModels/mymodel", "model_not_accessible"],
  ])("what is another project's is no refused key: %s is %s", (message, code) => {
    expect(of(403, google(403, message, "PERMISSION_DENIED"))).toMatchObject({
      status: 502,
      message,
      code,
      condition: "auth",
    });
  });

  test("a prepaid account that is empty does not fill with waiting", () => {
    const error = of(429, google(429, "Your prepayment credits are depleted.", "RESOURCE_EXHAUSTED"));
    expect(error).toMatchObject({ code: "insufficient_quota", condition: "quota_exhausted" });
  });

  test("what only the details say is added to the message", () => {
    const violations = (...fieldViolations: unknown[]) =>
      of(400, google(400, "Invalid argument.", "INVALID_ARGUMENT", [{ "@type": "x/BadRequest", fieldViolations }]));
    expect(
      violations({ field: "contents[0]", description: "Bad type" }, { description: "Invalid argument." }).message,
    ).toBe("Invalid argument. (contents[0]: Bad type)");
    expect(violations({ field: "contents[0]" }, "odd").message).toBe("Invalid argument.");
    expect(violations({ description: "Bad type" }).message).toBe("Invalid argument. (Bad type)");
  });

  test("a prompt that is too long may go to a larger model", () => {
    const message = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).";
    expect(of(400, google(400, message))).toMatchObject({
      status: 400,
      code: "context_length_exceeded",
      condition: "context_length",
    });
  });

  test("a location that Google does not serve may be served by another provider", () => {
    const error = of(400, google(400, "User location is not supported for the API use.", "FAILED_PRECONDITION"));
    expect(error).toMatchObject({ status: 400, code: "unsupported_location", condition: "upstream_error" });
    expect(of(400, google(400, "User location is not supported for the API use."))).toMatchObject({
      condition: "bad_request",
    });
  });

  test("a day's quota is told from a minute's", () => {
    const quota = (quotaId: string) =>
      google(429, "quota", "RESOURCE_EXHAUSTED", [{ "@type": "x/google.rpc.QuotaFailure", violations: [{ quotaId }] }]);
    expect(of(429, quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"))).toMatchObject({
      code: "insufficient_quota",
      condition: "quota_exhausted",
    });
    expect(of(429, quota("GenerateRequestsPerMinutePerProjectPerModel"))).toMatchObject({ condition: "rate_limited" });
  });

  test.each([
    ["48s", 48_000],
    ["34.4s", 34_400],
    ["0.123456789s", 124],
    ["soon", undefined],
    ["in 48s", undefined],
    ["48ss", undefined],
  ])("RetryInfo %s is how long to wait, before the header", (retryDelay, expected) => {
    const body = google(429, "quota", "RESOURCE_EXHAUSTED", [{ "@type": "x/google.rpc.RetryInfo", retryDelay }]);
    expect(of(429, body).retryAfterMs).toBe(expected);
    expect(of(429, body, { retryAfterMs: 5 }).retryAfterMs).toBe(expected ?? 5);
  });

  test("an error in a stream's event goes by its own code", () => {
    expect(answeredError({ error: { code: 503, message: "overloaded", status: "UNAVAILABLE" } })).toMatchObject({
      status: 502,
      condition: "overloaded",
    });
    expect(answeredError({ error: { message: "odd" } })).toMatchObject({ status: 502, message: "odd" });
    expect(answeredError({ error: { message: "" } })).toMatchObject({ message: "Gemini answered with status 502." });
    const refused = { code: 400, message: "Wrong.", details: [{ reason: "API_KEY_INVALID" }] };
    expect(answeredError({ error: refused })).toMatchObject({ status: 502, code: "provider_auth_error" });
    const repeated = { code: 400, message: "AIzaSyA1234567890123456789012345678901 is wrong" };
    expect(answeredError({ error: repeated })).toMatchObject({ status: 400, message: "[key] is wrong" });
    expect(answeredError({ error: "odd" })).toMatchObject({ status: 502, message: "odd" });
    expect(answeredError({ error: "" })).toMatchObject({ message: "Gemini answered with status 502." });
    expect(answeredError({ candidates: [] })).toBeNull();
    expect(answeredError({ candidates: [], error: null })).toBeNull();
  });
});
