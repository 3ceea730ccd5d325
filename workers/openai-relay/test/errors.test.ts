import { errorBody } from "@ai-proxy/shared/formats/error-body";
import { describe, expect, test } from "vitest";
import { reportsError, upstreamErrorEvent } from "../src/errors.ts";
import { refusalReply, restsKey } from "./refusal.ts";

const KEY = "sk-proj-0123456789abcdef";
const context = { provider: "openai", secrets: [KEY] };

function reply(status: number, body: unknown, headers: Record<string, string> = {}) {
  const answer = refusalReply(status, body, context, headers);
  return { ...answer, json: JSON.parse(answer.body) };
}

const error = { message: "no", type: "invalid_request_error", param: "messages[0].role", code: "invalid_value" };

test.each([400, 404, 409, 413, 415, 422, 429])("an upstream's %s keeps its status and its error object", (status) => {
  const answer = reply(status, { error });
  expect(answer.status).toBe(status);
  expect(answer.json).toEqual({ error });
  expect(answer.failure?.upstreamStatus).toBe(status);
});

test("keys that OpenAI's error always has are filled in, and others are kept", () => {
  expect(reply(400, { error: { message: "no", failed_generation: "x" } }).json).toEqual({
    error: { message: "no", failed_generation: "x", type: "invalid_request_error", param: null, code: null },
  });
});

test("a numeric code becomes text (llama.cpp, OpenRouter)", () => {
  expect(reply(400, { error: { message: "no", type: "t", code: 400 } }).json.error.code).toBe("400");
});

describe("errors of another shape become OpenAI's", () => {
  test.each([
    [{ error: "the words" }, "the words"],
    [{ object: "error", message: "the words", type: "t", param: null, code: 3 }, "the words"],
    [{ detail: "the words" }, "the words"],
    [
      { detail: [{ loc: ["body", "messages"], msg: "required" }, { msg: "too long" }] },
      "body.messages: required; too long",
    ],
    [[{ error: { message: "the words", code: 400, status: "INVALID_ARGUMENT" } }], "the words"],
    // Cloudflare's REST API, and AI Gateway in front of a provider.
    [{ result: null, success: false, errors: [{ code: 5007, message: "the words" }], messages: [] }, "the words"],
    [{ success: false, error: [{ code: 2016, message: "the words" }], name: "AiGatewayError" }, "the words"],
    [{ errors: ["one", "two"] }, "one; two"],
    // Mistral's 422, and other servers that put an object where the text belongs.
    [{ object: "error", message: { detail: [{ loc: ["body"], msg: "required" }] }, type: "t" }, "body: required"],
    [{ error: { message: { detail: "the words" } } }, "the words"],
    [{ detail: { message: "the words" } }, "the words"],
    [{ detail: { error: { message: "the words" } } }, "the words"],
    ['"the words"', "the words"],
    ["the words", "the words"],
    ["<html><body>400</body></html>", "openai answered with status 400."],
    ["", "openai answered with status 400."],
    [{ error: {} }, "openai answered with status 400."],
    ["x".repeat(500), "openai answered with status 400."],
  ])("%j", (body, message) => {
    const { error: got } = reply(400, body).json;
    expect(got.message).toBe(message);
    expect(Object.keys(got)).toEqual(expect.arrayContaining(["message", "type", "param", "code"]));
    expect(got.type).toEqual(expect.any(String));
  });
});

describe("AI Gateway's own errors are no fault of the request", () => {
  const own = (code: number) => ({ success: false, result: [], error: [{ code, message: `words, ${KEY}` }] });

  test.each([
    [400, 2005, 502, "upstream_error", false],
    [400, 2001, 503, "auth", false],
    [401, 2009, 502, "auth", true],
    [400, 2040, 503, "auth", false],
    [429, 2003, 429, "rate_limited", false],
    [400, 2016, 400, "bad_request", false],
  ])("%i with code %i is %i %s (the key rests: %s)", (status, code, ours, condition, rests) => {
    const answer = reply(status, own(code));
    expect(answer).toMatchObject({ status: ours, failure: { condition, upstreamStatus: status } });
    expect(answer.json.error.message).toContain("words, [redacted]");
    expect(restsKey(status, own(code))).toBe(rests);
  });

  test("in a stream, or with status 200, too", () => {
    expect(upstreamErrorEvent(own(2005), context)).toMatchObject({ status: 502, condition: "upstream_error" });
  });
});

describe("statuses and what routing is told", () => {
  test.each([
    [400, { error }, 400, "bad_request"],
    [
      400,
      { error: { message: "This model's maximum context length is 8192 tokens", code: null } },
      400,
      "context_length",
    ],
    [400, { error: { message: "x", code: "context_length_exceeded" } }, 400, "context_length"],
    [
      400,
      { error: { message: "request (2009 tokens) exceeds", type: "exceed_context_size_error" } },
      400,
      "context_length",
    ],
    [404, { error }, 404, "model_not_found"],
    [413, { error }, 413, "too_large"],
    [429, { error: { message: "slow", code: "rate_limit_exceeded" } }, 429, "rate_limited"],
    [429, { error: { message: "pay", code: "insufficient_quota" } }, 429, "quota_exhausted"],
    [429, { success: false, error: [{ code: 2041, message: "Spend limit exceeded: x" }] }, 429, "quota_exhausted"],
    [405, { error }, 502, "upstream_error"],
    [408, { error }, 504, "timeout"],
    [500, { error }, 502, "upstream_error"],
    [502, "<html>", 502, "upstream_error"],
    [503, { error }, 502, "overloaded"],
    [529, { error }, 502, "overloaded"],
    [498, { error }, 502, "overloaded"],
    [504, "", 504, "timeout"],
    [302, "", 502, "upstream_error"],
  ])("%i %j → %i, %s", (status, body, expected, condition) => {
    const answer = reply(status, body);
    expect(answer.status).toBe(expected);
    expect(answer.failure?.condition).toBe(condition);
  });

  test("our own key's refusal is a 502 of ours, without the key", () => {
    for (const status of [401, 402, 403]) {
      const answer = reply(status, {
        error: { message: `Incorrect API key provided: ${KEY}`, code: "invalid_api_key" },
      });
      expect(answer).toMatchObject({
        status: 502,
        failure: { condition: "auth", upstreamStatus: status },
      });
      expect(answer.json.error.code).toBe("provider_auth_error");
      expect(String(answer.body)).not.toContain("sk-");
    }
  });

  test("an account that has not paid says so, without the key", () => {
    const { json } = reply(402, { error: { message: `Insufficient credits for ${KEY}.`, code: 402 } });
    expect(json.error).toMatchObject({
      code: "provider_auth_error",
      message: expect.stringMatching(/ Insufficient credits for \[redacted\]\.$/),
    });
  });

  test.each([{ reasons: ["violence"] }, { flagged_input: "the words" }])(
    "a prompt that OpenRouter's moderation flags is the caller's: %j",
    (metadata) => {
      const flagged = { error: { code: 403, message: "flagged", metadata } };
      expect(restsKey(403, flagged)).toBe(false);
      const answer = reply(403, flagged);
      expect(answer).toMatchObject({ status: 403, failure: { condition: "bad_request" } });
      expect(answer.json.error).toMatchObject({ message: "flagged", type: "invalid_request_error", metadata });
      expect(upstreamErrorEvent(flagged, { provider: "openrouter", secrets: [] })).toMatchObject({
        status: 403,
        condition: "bad_request",
      });
    },
  );

  test.each([
    [401, { error: { metadata: { reasons: [] } } }],
    [402, { error }],
    [403, { error: { metadata: {} } }],
    [403, "no"],
  ])("%i %j is a refused key", (status, body) => {
    expect(restsKey(status, body)).toBe(true);
  });

  test("a key that is echoed in another error, in any field or header, is taken out", () => {
    const answer = reply(400, { error: { message: `key ${KEY}`, nested: { key: KEY } } }, { "x-ratelimit-key": KEY });
    expect(JSON.stringify(answer)).not.toContain(KEY);
    expect(answer.json.error.message).toBe("key [redacted]");
  });

  test("the wait that the provider asks for reaches routing and the client", () => {
    const answer = reply(429, { error }, { "retry-after": "7", "x-should-retry": "true", "set-cookie": "a=b" });
    expect(answer.failure?.retryAfterMs).toBe(7000);
    expect(answer.headers).toMatchObject({ "retry-after": "7", "x-should-retry": "true" });
    expect(answer.headers).not.toHaveProperty("set-cookie");
    expect(reply(429, { error }, { "retry-after-ms": "250" }).failure?.retryAfterMs).toBe(250);
  });
});

describe("an error inside a stream, or in a body with status 200", () => {
  test.each([
    [{ error: { message: "m", code: 429 } }, 429, "rate_limited"],
    [{ error: { message: "m", type: "server_error" } }, 502, "upstream_error"],
    [{ error: { message: "m", code: 503 } }, 502, "overloaded"],
    // LM Studio's streams give no number.
    [{ error: { message: "… is greater than the context length. Try to load" } }, 400, "context_length"],
    [{ error: { message: "Number of tokens in context length", code: 500 } }, 502, "upstream_error"],
    [{ error: { message: "m", type: "insufficient_quota" } }, 429, "quota_exhausted"],
    [{ error: { message: "m", code: 401 } }, 502, "auth"],
    [{ error: "m", status_code: 400 }, 400, "bad_request"],
    [{ object: "error", message: "m", type: "BadRequestError", code: 400 }, 400, "bad_request"],
    [{ success: false, error: [{ code: 2003, message: "m" }], httpCode: 429 }, 429, "rate_limited"],
  ])("%j", (value, status, condition) => {
    expect(reportsError(value)).toBe(true);
    expect(upstreamErrorEvent(value, { provider: "openai", secrets: [] })).toMatchObject({ status, condition });
  });

  test.each([{ error: null }, { error: "" }, { error: {} }, { error: [] }, { object: "chat.completion" }])(
    "%j reports none",
    (value) => {
      expect(reportsError(value)).toBe(false);
    },
  );

  test("it keeps all that it holds: Groq's failed generation, the reason that OpenRouter's provider gave", () => {
    const metadata = { provider_name: "Cloudflare", raw: `{"errors":[{"message":"for ${KEY}","code":3043}]}` };
    const value = { error: { message: "Provider returned error", code: 502, metadata }, user_id: "user_1" };
    expect(errorBody(upstreamErrorEvent(value, { provider: "openrouter", secrets: [KEY] }))).toEqual({
      error: {
        message: "Provider returned error",
        type: "upstream_error",
        param: null,
        code: "502",
        metadata: { provider_name: "Cloudflare", raw: '{"errors":[{"message":"for [redacted]","code":3043}]}' },
      },
    });
  });

  test("a key that is echoed in it is taken out", () => {
    const error = upstreamErrorEvent({ error: { message: `Incorrect API key provided: ${KEY}` } }, context);
    expect(error.message).toBe("Incorrect API key provided: [redacted]");
  });
});
