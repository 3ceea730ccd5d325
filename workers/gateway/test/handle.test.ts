import type { StreamEnd, StreamReply } from "@ai-proxy/shared/contract/relay";
import { ApiError } from "@ai-proxy/shared/errors";
import { failureReply } from "@ai-proxy/shared/upstream/reply";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { answering, COUNTS, gatewayWith, stubWorkerd, TOKEN, USAGE } from "./gateway.ts";

beforeAll(stubWorkerd);
afterAll(() => vi.unstubAllGlobals());
beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => {}));

const CHAT = "/v1/chat/completions";
const chat = { model: "gpt-4o", messages: [{ role: "user", content: "hi" }] };
const once = { ...chat, routing: { max_attempts: 1 } };

const streamOf = (end: StreamEnd): StreamReply => ({
  response: new Response("data: [DONE]\n\n", { headers: { "content-type": "text/event-stream" } }),
  usage: async () => end,
  cancel: () => {},
});

describe("a request that is not admitted leaves no record", () => {
  const { ask } = gatewayWith({});
  test.each<[string, string, RequestInit, number]>([
    ["without a token", "/v1/models", { headers: { "x-auth-token": "" } }, 401],
    ["with a wrong token", "/v1/models", { headers: { "x-auth-token": "wrong" } }, 401],
    ["with a wrong token, at a path that is not there", "/v1/nothing", { headers: { "x-auth-token": "wrong" } }, 401],
    ["of nobody's health", "/health", {}, 200],
    ["by a method that health does not take", "/health", { method: "POST" }, 405],
    ["outside of the API", "/nothing", {}, 404],
    [
      "but is a browser's preflight",
      CHAT,
      { method: "OPTIONS", headers: { "access-control-request-method": "POST" } },
      204,
    ],
  ])("%s", async (_, path, init, status) => {
    const answer = await ask(path, init);
    expect([answer.status, answer.records]).toEqual([status, []]);
    expect(answer.response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("whoever asks, while the owner's settings are not right", async () => {
    const { post } = gatewayWith({ ROUTING: "{" });
    const answer = await post(CHAT, chat);
    expect([answer.status, answer.records]).toEqual([503, []]);
  });
});

describe("a request that is refused after the door is a record that says why", () => {
  const { ask, post } = gatewayWith({});
  test("a path that is not there", async () => {
    const { status, record } = await ask("/v1/nothing");
    expect(status).toBe(404);
    expect(record).toMatchObject({ status: 404, error_code: "unknown_url", route: "/v1/nothing", caller: "external" });
  });

  test("a method that the endpoint does not take", async () => {
    const { response, record } = await ask(CHAT);
    expect(response.headers.get("allow")).toBe("POST, OPTIONS");
    expect(record).toMatchObject({ status: 405, error_code: "method_not_allowed", method: "GET" });
    const options = await ask("/v1/route-check", { method: "OPTIONS" });
    expect(options.response.headers.get("allow")).toBe("GET, POST, HEAD, OPTIONS");
    expect(options.record).toMatchObject({ status: 204, error_code: null });
  });

  test("a malformed session id: known only to who is admitted", async () => {
    const headers = { "x-session-id": "a b" };
    expect((await ask("/v1/models", { headers })).record).toMatchObject({ error_code: "invalid_session_id" });
    expect((await ask("/health", { headers })).status).toBe(200);
  });

  test("a body that is not right, and one whose model nobody knows, by its name", async () => {
    expect((await post(CHAT, { messages: [] })).record).toMatchObject({ status: 400, model_asked: null, attempts: 0 });
    const unknown = await post(CHAT, { ...chat, model: "acme-1", stream: true });
    expect(unknown.record).toMatchObject({
      status: 404,
      error_code: "model_not_found",
      model_asked: "acme-1",
      stream: true,
      provider: null,
      trail: [],
    });
  });
});

describe("a request that a model answers", () => {
  test("whole, is a record with the tokens of the request and of its attempt", async () => {
    const { post } = gatewayWith({
      OPENAI_RELAY: { chat: answering({ servedModel: "gpt-4o-2024", gatewayLogId: "log" }) },
    });
    const { response, record, spans } = await post(CHAT, chat, { headers: { "x-session-id": "s" } });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-gateway-provider": "openai",
      "x-gateway-model": "gpt-4o-2024",
      "x-gateway-attempts": "1",
      "x-session-id": "s",
    });
    expect(record).toMatchObject({
      ...COUNTS,
      session_id: "s",
      provider: "openai",
      model_asked: "gpt-4o",
      model_used: "gpt-4o-2024",
      status: 200,
      error_code: null,
      stream: false,
      gateway_log_id: "log",
      trail: [{ ...COUNTS, provider: "openai", model: "gpt-4o", outcome: "ok", usage_estimated: false }],
    });
    expect(spans.map(({ name }) => name)).toEqual(["attempt", "record"]);
    expect(spans[1]?.attributes).toMatchObject({ provider: "openai", status: 200, attempts: 1 });
  });

  test("as a stream, is a record once that has ended", async () => {
    const end = { end: "complete", usage: USAGE, usageEstimated: true } as const;
    const relay = { chat: vi.fn(async () => ({ ...streamOf(end), upstreamRequests: 2 })) };
    const { post } = gatewayWith({ OPENAI_RELAY: relay });
    const body = { ...chat, stream: true, stream_options: { include_usage: true } };
    const { text, record } = await post(CHAT, body);
    expect(text).toBe("data: [DONE]\n\n");
    expect(relay.chat).toHaveBeenCalledWith(
      expect.objectContaining({ stream: true, includeUsage: true, model: "gpt-4o", keySlot: 0 }),
    );
    expect(record).toMatchObject({
      ...COUNTS,
      stream: true,
      stream_end: "complete",
      usage_estimated: true,
      trail: [{ ...COUNTS, outcome: "ok", usage_estimated: true, upstream_requests: 2 }],
    });
  });

  test("and whose relay is lost amid the stream, is a record of one that was cut", async () => {
    const lost = { ...streamOf({ end: "complete", usage: null, usageEstimated: false }) };
    const relay = { chat: async () => ({ ...lost, usage: () => Promise.reject(new Error("gone")) }) };
    const { post } = gatewayWith({ OPENAI_RELAY: relay });
    const { record } = await post(CHAT, { ...chat, stream: true });
    expect(record).toMatchObject({ stream_end: "cut", prompt_tokens: null, error_code: null });
  });

  test("after a failure, is a record of both attempts, each with what it used", async () => {
    const error = new ApiError({ status: 502, message: "empty", condition: "empty_completion" });
    const failing = async () => ({ ...failureReply(error), usage: { ...USAGE, promptTokens: 9 } });
    const { post } = gatewayWith({ OPENAI_RELAY: { chat: failing }, GEMINI_RELAY: { chat: answering() } });
    const { record } = await post(CHAT, { ...chat, fallbacks: ["gemini-2.5-flash"] });
    expect(record).toMatchObject({
      ...COUNTS,
      provider: "gemini",
      attempts: 2,
      trail: [
        { provider: "openai", outcome: "empty_completion", prompt_tokens: 9, usage_estimated: false },
        { provider: "gemini", outcome: "ok", ...COUNTS },
      ],
    });
  });

  test("nowhere, is a record of the failure", async () => {
    const refused = async () =>
      failureReply(new ApiError({ status: 429, message: "slow", code: "rate_limit_exceeded" }));
    const { post } = gatewayWith({ OPENAI_RELAY: { chat: refused } });
    const { record } = await post(CHAT, once);
    expect(record).toMatchObject({ status: 429, error_code: "rate_limit_exceeded", attempts: 1, prompt_tokens: null });
  });

  test.each([
    ["/v1/completions", "completions", { model: "gpt-3.5-turbo-instruct", prompt: "x" }],
    ["/v1/embeddings", "embeddings", { model: "text-embedding-3-small", input: "x" }],
    ["/v1/moderations", "moderations", { input: "x" }],
  ])("at %s is asked for by its relay's method %s", async (path, method, body) => {
    const relay = { [method]: answering() };
    const { post } = gatewayWith({ OPENAI_RELAY: relay });
    const { status, record } = await post(path, body);
    expect(status).toBe(200);
    expect(relay[method]).toHaveBeenCalledOnce();
    expect(record).toMatchObject({ provider: "openai", route: path });
  });

  test("of a Worker's binding needs no token, and is bounded by the binding", async () => {
    const failing = vi.fn(async () => failureReply(new ApiError({ status: 502, message: "x" })));
    const { ask } = gatewayWith({ OPENAI_RELAY: { chat: failing } });
    const init = {
      method: "POST",
      body: JSON.stringify(chat),
      headers: { "content-type": "application/json", "x-auth-token": "" },
    };
    const { status, record } = await ask(CHAT, init, { kind: "trusted", name: "billing", limits: { max_attempts: 1 } });
    expect(status).toBe(502);
    expect(record).toMatchObject({ caller: "billing", attempts: 1 });
    expect(failing).toHaveBeenCalledOnce();
  });
});

test("a fault of our own is a 500 that says nothing of the inside, and the log has where it happened", async () => {
  const logged = vi.spyOn(console, "log").mockImplementation(() => {});
  const response = new Response("taken already");
  response.body?.getReader();
  const stream = { response, usage: async () => ({}), cancel: () => {} };
  const { post } = gatewayWith({ OPENAI_RELAY: { chat: async () => stream } });
  const { status, text, record } = await post(CHAT, once);
  expect(status).toBe(500);
  expect(text).not.toContain("locked");
  expect(record).toMatchObject({ status: 500, error_code: "internal_error", model_asked: "gpt-4o" });
  expect(JSON.stringify(logged.mock.calls)).toMatch(/fault.*at /);
});

test("the log line has the record and the trace that went upstream; no key or token is in it", async () => {
  const logged = vi.spyOn(console, "log").mockImplementation(() => {});
  const relay = { chat: answering() };
  const { post, ask } = gatewayWith({ OPENAI_RELAY: relay });
  await post(CHAT, chat);
  const lines = () => logged.mock.calls.map(([line]) => JSON.parse(line));
  const [sent] = relay.chat.mock.calls[0] ?? [];
  const traceId = sent?.traceparent?.slice(3, 35);
  expect(lines()).toMatchObject([{ event: "request", provider: "openai", trace_id: traceId, status: 200 }]);
  expect(JSON.stringify(lines())).not.toMatch(new RegExp(`${TOKEN}|content`));
  logged.mockClear();
  await ask("/v1/nothing");
  expect(lines()[0]).not.toHaveProperty("trace_id");
});
