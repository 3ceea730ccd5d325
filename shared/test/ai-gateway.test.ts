import { describe, expect, test } from "vitest";
import {
  aiGatewayError,
  aiGatewayHeaders,
  gatewayLogId,
  isAiGateway,
  readAiGatewayFailure,
} from "../upstream/ai-gateway.ts";

const ids = { sessionId: "s-1", requestId: "r-1" };

test("behind an AI Gateway a request carries the gateway's token and the ids to find its log by", () => {
  const headers = aiGatewayHeaders("https://gateway.ai.cloudflare.com/v1/acct/gw/openai", "aig", ids);
  expect(headers["cf-aig-authorization"]).toBe("Bearer aig");
  expect(JSON.parse(headers["cf-aig-metadata"] ?? "")).toEqual({ session_id: "s-1", request_id: "r-1" });
});

test("a gateway without a token gets no empty one", () => {
  const headers = aiGatewayHeaders("https://gateway.ai.cloudflare.com/v1/acct/gw/openai", undefined, ids);
  expect(Object.keys(headers)).toEqual(["cf-aig-metadata"]);
});

test.each([
  "https://api.openai.com/v1",
  "https://gateway.ai.cloudflare.com.evil.example/v1",
  "https://evil.example/gateway.ai.cloudflare.com",
  "https://gateway.ai.cloudflare.com@evil.example/v1",
  "not a url",
])("the gateway's token never goes to %s", (url) => {
  expect(isAiGateway(url)).toBe(false);
  expect(aiGatewayHeaders(url, "aig", ids)).toEqual({});
});

test("a session id outside ASCII still makes a valid header", () => {
  const headers = aiGatewayHeaders("https://gateway.ai.cloudflare.com/v1/a/g/openai", undefined, {
    sessionId: "sé😀",
    requestId: "r",
  });
  expect(() => new Headers(headers)).not.toThrow();
  expect(JSON.parse(headers["cf-aig-metadata"] ?? "").session_id).toBe("sé😀");
});

test("the gateway's log id is read from its answer", () => {
  expect(gatewayLogId(new Headers({ "cf-aig-log-id": "01" }))).toBe("01");
  expect(gatewayLogId(new Headers())).toBeUndefined();
});

describe("AI Gateway's own error", () => {
  const body = (code: unknown, message = "the words") => ({ success: false, result: [], error: [{ code, message }] });
  const of = (status: number, code: number) =>
    aiGatewayError({ code, message: "the words" }, { provider: "groq", status });

  test.each([
    [2001, 503, "auth", "not_configured"],
    [2002, 502, "upstream_error", "upstream_error"],
    [2003, 429, "rate_limited", "rate_limit_exceeded"],
    [2005, 502, "upstream_error", "upstream_error"],
    [2008, 503, "auth", "not_configured"],
    [2009, 502, "auth", "provider_auth_error"],
    [2016, 400, "bad_request", "content_filter"],
    [2017, 400, "bad_request", "content_filter"],
    [2019, 400, "bad_request", null],
    [2021, 502, "auth", "provider_auth_error"],
    [2029, 400, "bad_request", "content_filter"],
    [2030, 400, "bad_request", "content_filter"],
    [2040, 503, "auth", "not_configured"],
    [2041, 429, "quota_exhausted", "insufficient_quota"],
    [2047, 502, "auth", "provider_auth_error"],
    [2049, 502, "auth", "provider_auth_error"],
    // One that is not known yet is no fault of the request.
    [2099, 502, "upstream_error", "upstream_error"],
  ])("%i with status 400 is %i %s", (code, status, condition, name) => {
    expect(of(400, code)).toMatchObject({ status, condition, code: name, upstreamStatus: 400 });
  });

  test.each([
    [401, 502, "auth"],
    [403, 502, "auth"],
    [429, 429, "rate_limited"],
    [500, 502, "upstream_error"],
  ])("of a code that is not known yet with status %i is %i %s", (status, ours, condition) => {
    expect(of(status, 2099)).toMatchObject({ status: ours, condition });
  });

  test("says whose fault it is when it is the owner's", () => {
    expect(of(400, 2001).message).toBe("The operator has to check the AI Gateway before groq, which says: the words");
    expect(of(400, 2016).message).toBe("the words");
  });

  test.each([
    [body(2005), 2005],
    [body("2005"), 2005],
    [{ name: "AiGatewayError", internalCode: 2008, message: "the words", httpCode: 400 }, 2008],
    [{ ...body(2005), name: "AiGatewayError", httpCode: 400, internalCode: 2005, description: "x" }, 2005],
  ])("is read from %j", (given, code) => {
    expect(readAiGatewayFailure(given)).toEqual({ code, message: "the words" });
  });

  test("without words has some", () => {
    expect(readAiGatewayFailure({ error: [{ code: 2005 }] })?.message).toBe("AI Gateway's error 2005.");
  });

  test.each([
    null,
    "2005",
    [],
    {},
    { error: { code: 2005, message: "x" } },
    { error: [] },
    { error: ["x"] },
    body(400),
    body(3040),
    body(2005.5),
    body(null),
    { errors: [{ code: 2005, message: "Cloudflare's REST API" }] },
    { code: 20015, message: "SiliconFlow", data: null },
  ])("is not %j", (given) => {
    expect(readAiGatewayFailure(given)).toBeNull();
  });
});
