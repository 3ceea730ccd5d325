import type { Usage } from "@ai-proxy/shared/formats/usage";
import { describe, expect, test } from "vitest";
import { type AttemptOutcome, FailedRequest, type Outcome, withKnown } from "../src/record/outcome.ts";
import { type RequestEnd, type RequestFacts, toRecord } from "../src/record/record.ts";
import { recordAttributes } from "../src/record/spans.ts";
import { MOST_ATTEMPTS } from "../src/settings/routing-policy.ts";

const request: RequestFacts = {
  requestId: "r",
  sessionId: "s",
  caller: "external",
  route: "/v1/chat/completions",
  method: "POST",
  startedAt: 1,
  status: 200,
};
const usage: Usage = { promptTokens: 5, completionTokens: 7, cachedTokens: 1, reasoningTokens: 2 };
const counts = { prompt_tokens: 5, completion_tokens: 7, cached_tokens: 1, reasoning_tokens: 2 };
const unknown = { prompt_tokens: null, completion_tokens: null, cached_tokens: null, reasoning_tokens: null };
const attempt = (changes: Partial<AttemptOutcome> = {}): AttemptOutcome => ({
  provider: "openai",
  model: "gpt-4",
  outcome: "ok",
  status: null,
  ms: 3,
  usage: null,
  ...changes,
});
const noted = { provider: "openai", model: "gpt-4", outcome: "ok", status: null, ms: 3 };

const record = (outcome: Outcome, end: Partial<RequestEnd> = {}) =>
  toRecord(request, outcome, { firstByteMs: 10, totalMs: 20, streamEnd: null, attemptUsages: [], ...end });

describe("what becomes of a request in its record", () => {
  test("that found out nothing: who asked for what, and when", () => {
    expect(record({ errorCode: "unknown_url" })).toEqual({
      record_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      request_id: "r",
      time: 1,
      session_id: "s",
      caller: "external",
      route: "/v1/chat/completions",
      method: "POST",
      provider: null,
      model_asked: null,
      model_used: null,
      attempts: 0,
      status: 200,
      error_code: "unknown_url",
      stream: false,
      stream_end: null,
      first_byte_ms: 10,
      total_ms: 20,
      ...unknown,
      usage_estimated: false,
      gateway_log_id: null,
      trail: [],
    });
  });

  test.each<[string, Outcome, Partial<RequestEnd>, object]>([
    [
      "a whole answer: its tokens, and the attempt's are the same",
      {
        provider: "openai",
        modelAsked: "gpt4",
        modelUsed: "gpt-4-0613",
        usage: { usage, estimated: false },
        attempts: [attempt()],
      },
      { attemptUsages: [null] },
      {
        ...counts,
        usage_estimated: false,
        provider: "openai",
        model_asked: "gpt4",
        model_used: "gpt-4-0613",
        attempts: 1,
        trail: [{ ...noted, ...counts, usage_estimated: false }],
      },
    ],
    [
      "an answer whose tokens nobody counted",
      { usage: null, attempts: [attempt()] },
      { attemptUsages: [null] },
      { ...unknown, trail: [noted] },
    ],
    [
      "a stream that ended well: its tokens, its model, and no error",
      { stream: true, modelUsed: "gpt-4", attempts: [attempt()], errorCode: null },
      { streamEnd: { end: "complete", usage, usageEstimated: true, servedModel: "gpt-4-0613", gatewayLogId: "log" } },
      {
        ...counts,
        usage_estimated: true,
        stream: true,
        stream_end: "complete",
        model_used: "gpt-4-0613",
        gateway_log_id: "log",
        error_code: null,
        trail: [{ ...noted, ...counts, usage_estimated: true }],
      },
    ],
    [
      "a stream that was cut: the error that the client got",
      { modelUsed: "gpt-4" },
      { streamEnd: { end: "cut", usage: null, usageEstimated: true, errorCode: "upstream_stream_cut" } },
      { ...unknown, usage_estimated: false, stream_end: "cut", error_code: "upstream_stream_cut", model_used: "gpt-4" },
    ],
    [
      "a stream whose client left: no error",
      {},
      { streamEnd: { end: "aborted", usage, usageEstimated: true, errorCode: "x" } },
      { ...counts, stream_end: "aborted", error_code: null },
    ],
    [
      "attempts that failed or were dropped: what they used is theirs alone",
      {
        usage: { usage, estimated: false },
        attempts: [
          attempt({ outcome: "timeout", status: 504 }),
          attempt(),
          attempt({ outcome: "hedged out", upstreamRequests: 2 }),
        ],
      },
      { attemptUsages: [{ usage: { ...usage, promptTokens: 9 }, estimated: true }, null, null] },
      {
        ...counts,
        attempts: 3,
        trail: [
          { ...noted, outcome: "timeout", status: 504, ...counts, prompt_tokens: 9, usage_estimated: true },
          { ...noted, ...counts, usage_estimated: false },
          { ...noted, outcome: "hedged out", upstream_requests: 2 },
        ],
      },
    ],
    [
      "a failure that is the answer: its tokens are the attempt's and the request's",
      {
        errorCode: "empty_completion",
        usage: { usage, estimated: false },
        attempts: [attempt({ outcome: "empty_completion" })],
      },
      { attemptUsages: [{ usage, estimated: false }] },
      {
        ...counts,
        error_code: "empty_completion",
        trail: [{ ...noted, outcome: "empty_completion", ...counts, usage_estimated: false }],
      },
    ],
  ])("%s", (_, outcome, end, expected) => {
    const made = record(outcome, end);
    expect(made).toMatchObject(expected);
    if ("trail" in expected) expect(made.trail).toEqual(expected.trail);
  });
});

describe("an error on its way to the edge", () => {
  const failing = (known: Outcome, inner: () => Promise<never>) =>
    withKnown(known, inner).catch((thrown: unknown) => thrown);

  test("takes along what was known, what was learnt last before what was learnt first", async () => {
    const cause = new Error("x");
    const deeper = () => withKnown({ provider: "openai", modelUsed: "gpt-4" }, () => Promise.reject(cause));
    const thrown = await failing({ modelAsked: "gpt4", provider: "gemini" }, deeper);
    expect(thrown).toBeInstanceOf(FailedRequest);
    expect(thrown).toMatchObject({ cause, outcome: { modelAsked: "gpt4", provider: "openai", modelUsed: "gpt-4" } });
  });

  test("is not there when the work succeeds", async () => {
    await expect(withKnown({ provider: "x" }, async () => 1)).resolves.toBe(1);
  });
});

test("a trace shows what a request came to, and leaves out what is not there", () => {
  expect(recordAttributes(record({ provider: "openai", modelUsed: "gpt-4" }))).toEqual({
    request_id: "r",
    caller: "external",
    attempts: 0,
    status: 200,
    provider: "openai",
    model_used: "gpt-4",
  });
});

describe("a text that a client or a provider chooses", () => {
  const text = "𝕏".repeat(10_000);

  test("never makes a record too large for a queue message", () => {
    const largest = toRecord(
      { ...request, requestId: text, sessionId: text, caller: text, route: text, method: text },
      {
        provider: text,
        modelAsked: text,
        modelUsed: text,
        errorCode: text,
        gatewayLogId: text,
        usage: { usage, estimated: true },
        attempts: Array.from({ length: MOST_ATTEMPTS }, () =>
          attempt({ provider: text, model: text, outcome: text, status: 500, upstreamRequests: 2_048 }),
        ),
      },
      {
        firstByteMs: 1,
        totalMs: 1,
        streamEnd: null,
        attemptUsages: Array.from({ length: MOST_ATTEMPTS }, () => ({
          usage: {
            promptTokens: 1_048_576,
            completionTokens: 1_048_576,
            cachedTokens: 1_048_576,
            reasoningTokens: 1_048_576,
          },
          estimated: false,
        })),
      },
    );
    const bytes = new TextEncoder().encode(JSON.stringify(largest)).byteLength;
    // The bounds that audit-queue.ts packs messages by.
    expect(bytes).toBeLessThan(5_500 + largest.trail.length * 1_600);
    expect(bytes).toBeLessThan(120_000);
    // The cut falls into a character of two code units.
    expect(largest.model_asked).toMatch(/…$/);
    expect(largest.model_asked?.isWellFormed()).toBe(true);
  });

  test.each([
    ["x".repeat(128), "x".repeat(128)],
    ["x".repeat(129), `${"x".repeat(127)}…`],
  ])("of 128 characters is kept, a longer one is cut to that", (given, kept) => {
    expect(record({ modelAsked: given }).model_asked).toBe(kept);
  });
});
