import { ApiError } from "@ai-proxy/shared/errors";
import { failureReply, jsonReply } from "@ai-proxy/shared/upstream/reply";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { gatewayWith, stubWorkerd } from "./gateway.ts";

beforeAll(stubWorkerd);
afterAll(() => vi.unstubAllGlobals());
beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => {}));

const noUpstreams = { status: async () => ({ upstreams: [], configured: true }) };

describe("a route check", () => {
  const { ask, post } = gatewayWith({ OPENAI_RELAY: noUpstreams });

  test("tells the deadlines of attempts that begin at once", async () => {
    const body = {
      model: "gpt4",
      stream: true,
      fallbacks: ["llama4"],
      routing: { timeout_ms: 3_000, max_attempts: 3 },
    };
    const { text } = await post("/v1/route-check", body);
    const { attempts, timeout_ms } = JSON.parse(text);
    expect(timeout_ms).toBe(3_000);
    expect(attempts).toMatchObject([
      { provider: "openai", reason: "rule 5", first_byte_timeout_ms: 1_500, idle_timeout_ms: 3_000, circuit: "closed" },
      { provider: "cloudflare", reason: "fallback", first_byte_timeout_ms: 3_000 },
      { provider: "openai", reason: "retry 1", first_byte_timeout_ms: 3_000 },
    ]);
  });

  test("by GET takes the same from the query", async () => {
    const query = new URLSearchParams({
      model: "gpt4",
      stream: "true",
      fallbacks: "llama4,gemini-2.5-flash",
      routing: '{"max_attempts":1}',
    });
    const { text } = await ask(`/v1/route-check?${query}`);
    expect(JSON.parse(text)).toMatchObject({ provider: "openai", fallbacks: [], attempts: [{ provider: "openai" }] });
    expect((await ask("/v1/route-check?routing=1")).status).toBe(400);
  });

  test.each([
    ["/v1/embeddings", "cloudflare", "@cf/baai/bge-m3"],
    ["/v1/moderations", "openai", "omni-moderation-latest"],
  ])("of %s shows its own default", async (route, provider, model) => {
    const { text } = await post("/v1/route-check", { route });
    expect(JSON.parse(text)).toMatchObject({ route, provider, model });
  });

  test("of what no model answers is refused, with the routes that there are", async () => {
    const { status, text, record } = await post("/v1/route-check", { route: "/v1/models" });
    expect(status).toBe(400);
    expect(text).toContain("/v1/chat/completions, /v1/completions, /v1/embeddings, /v1/moderations");
    expect(record).toMatchObject({ error_code: "invalid_value", provider: null });
  });
});

describe("tokens", () => {
  const counting = () => vi.fn(async () => ({ status: 200, body: '{"count":2}' }));

  test("are counted by the tokenizer, and the record says for whom", async () => {
    const TOKENIZER = { tokenize: counting() };
    const { text, record } = await gatewayWith({ TOKENIZER }).post("/v1/tokenize", { model: "gpt4", text: "x" });
    expect(text).toBe('{"count":2}');
    expect(TOKENIZER.tokenize).toHaveBeenCalledWith(
      expect.objectContaining({ provider: "openai", requestedModel: "gpt4" }),
    );
    expect(record).toMatchObject({ provider: "openai", model_asked: "gpt4", attempts: 0, error_code: null });
  });

  test("are counted exactly by a provider that counts, when that is asked for", async () => {
    const TOKENIZER = { tokenize: counting() };
    const countTokens = vi.fn(async () => ({ status: 200, totalTokens: 42 }));
    const { post } = gatewayWith({ TOKENIZER, GEMINI_RELAY: { countTokens }, OPENAI_RELAY: {} });
    await post("/v1/tokenize", { model: "gemini-2.5-flash", text: "x", exact: true });
    expect(TOKENIZER.tokenize).toHaveBeenLastCalledWith(expect.objectContaining({ providerCount: 42 }));
    await post("/v1/tokenize", { model: "gemini-2.5-flash", text: "x" });
    await post("/v1/tokenize", { model: "gpt-4o", text: "x", exact: true });
    await post("/v1/tokenize", { model: "gemini-2.5-flash", text: ["x"], exact: true });
    expect(countTokens).toHaveBeenCalledOnce();
  });

  test("that the provider does not count are its own answer, and the record has its code", async () => {
    const failure = { condition: "rate_limited", code: "slow_down", retryAfterMs: 3_000 } as const;
    const countTokens = async () => ({ status: 429, body: '{"error":{}}', failure });
    const { post } = gatewayWith({ GEMINI_RELAY: { countTokens } });
    const body = { model: "gemini-2.5-flash", messages: [], exact: true };
    const { response, record } = await post("/v1/tokenize", body);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "3"]);
    expect(record).toMatchObject({ error_code: "slow_down", provider: "gemini" });
  });

  test("that nobody can count are a 502 whose record knows whom it was for", async () => {
    const down = () => Promise.reject(new Error("down"));
    const { post } = gatewayWith({ TOKENIZER: { detokenize: down }, GEMINI_RELAY: { countTokens: down } });
    const noTokenizer = await post("/v1/detokenize", { model: "gpt4", tokens: [1] });
    expect(noTokenizer.record).toMatchObject({
      status: 502,
      error_code: "tokenizer_unavailable",
      provider: "openai",
      model_asked: "gpt4",
    });
    const noRelay = await post("/v1/tokenize", { model: "gemini-2.5-flash", text: "x", exact: true });
    expect(noRelay.record).toMatchObject({ error_code: "relay_unavailable", provider: "gemini" });
    const unknown = await post("/v1/tokenize", { model: "acme", text: "x" });
    expect(unknown.record).toMatchObject({ error_code: "model_not_found", model_asked: "acme", provider: null });
  });
});

describe("an opened path", () => {
  const opened = (passthrough: (request: object) => Promise<unknown>) =>
    gatewayWith({ OPENAI_RELAY: { ...noUpstreams, passthrough }, PASSTHROUGH_PATHS: "/responses,/files" });
  const passing = () => vi.fn(async (_request: object) => jsonReply({ id: "x" }, null));

  test("passes to the provider that passes through, byte for byte", async () => {
    const relay = passing();
    const body = { model: "gpt-4o", input: "x", stream: true };
    const { record, response } = await opened(relay).post("/v1/responses?a=1", body);
    expect(relay).toHaveBeenCalledWith(
      expect.objectContaining({ method: "POST", path: "/responses", search: "?a=1", body: JSON.stringify(body) }),
    );
    expect(response.headers.get("x-gateway-model")).toBe("gpt-4o");
    expect(record).toMatchObject({
      provider: "openai",
      model_asked: "gpt-4o",
      model_used: "gpt-4o",
      stream: true,
      attempts: 1,
      trail: [{ provider: "openai", model: "gpt-4o", outcome: "ok" }],
    });
  });

  test("takes what lies below it and other content types, as bytes", async () => {
    const relay = passing();
    const init = { method: "POST", body: "é", headers: { "content-type": "text/plain" } };
    await opened(relay).ask("/v1/files/file-1", init);
    expect(relay).toHaveBeenCalledWith(
      expect.objectContaining({
        path: "/files/file-1",
        body: new TextEncoder().encode("é"),
        contentType: "text/plain",
      }),
    );
    expect((await opened(relay).ask("/v1/filesystem")).status).toBe(404);
  });

  test.each<[object, string, string]>([
    [{ fallbacks: ["gpt4"] }, "fallbacks", "unsupported_parameter"],
    [{ provider: "gemini" }, "provider", "unsupported_endpoint"],
    [{ provider: "acme" }, "provider", "unknown_provider"],
    [{ routing: { max_attempts: 0 } }, "routing.max_attempts", "invalid_value"],
  ])("refuses what has no place there: %j", async (body, param, code) => {
    const relay = passing();
    const { text, record } = await opened(relay).post("/v1/responses", body);
    expect(JSON.parse(text)).toMatchObject({ error: { param, code } });
    expect(record).toMatchObject({ status: 400, error_code: code, attempts: 0 });
    expect(relay).not.toHaveBeenCalled();
  });

  test("whose provider fails, or whose relay is gone, is a record of that attempt", async () => {
    const error = new ApiError({ status: 504, message: "late", code: "upstream_timeout" });
    const late = await opened(async () => failureReply(error)).post("/v1/responses", {});
    expect(late.record).toMatchObject({ status: 504, error_code: "upstream_timeout", trail: [{ outcome: "timeout" }] });
    const gone = await opened(() => Promise.reject(new Error("gone"))).post("/v1/responses", {});
    expect(gone.record).toMatchObject({ error_code: "relay_unavailable", trail: [{ outcome: "internal" }] });
  });

  test("that the client leaves is a record of the attempt, and the stream that still comes is dropped", async () => {
    const client = new AbortController();
    const reply = Promise.withResolvers<unknown>();
    const stream = {
      response: new Response("x"),
      cancel: vi.fn(),
      usage: async () => ({ end: "aborted", usage: null, usageEstimated: false }),
    };
    const relay = vi.fn(() => {
      client.abort();
      return reply.promise;
    });
    const { record } = await opened(relay).post("/v1/responses", { model: "gpt-4o" }, { signal: client.signal });
    expect(record).toMatchObject({
      status: 499,
      error_code: "client_closed_request",
      provider: "openai",
      model_asked: "gpt-4o",
      trail: [{ provider: "openai", outcome: "aborted" }],
    });
    reply.resolve(stream);
    await vi.waitFor(() => expect(stream.cancel).toHaveBeenCalledOnce());
  });
});

describe("the list of models", () => {
  const models = async () => [{ id: "gpt-live-1", created: 7 }, { id: "unplaced" }, { id: "openai/x" }];
  const { ask } = gatewayWith({ OPENAI_RELAY: { ...noUpstreams, models } });

  test("has the registry's and those that a provider lists, with its prefix where the id alone leads elsewhere", async () => {
    const { text, record } = await ask("/v1/models");
    const ids = JSON.parse(text).data.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(expect.arrayContaining(["gpt4", "gpt-live-1", "openai/unplaced", "openai/openai/x"]));
    expect(record).toMatchObject({ route: "/v1/models", status: 200, provider: null });
  });

  test("has each under its own path, slashes and all, with its provider's prefix or without", async () => {
    for (const id of ["gpt-live-1", "openai/gpt-live-1", "@cf%2Fbaai%2Fbge-m3", "@cf/baai/bge-m3"]) {
      const { status, text } = await ask(`/v1/models/${id}`);
      expect([status, JSON.parse(text).id]).toEqual([200, decodeURIComponent(id)]);
    }
    expect((await ask("/v1/models/acme-1")).record).toMatchObject({ error_code: "model_not_found" });
    expect((await ask("/v1/models/%E0%A4%A")).status).toBe(404);
  });

  test("is there with what each model can, too", async () => {
    const { text } = await ask("/v1/model-options");
    const { providers, default_provider } = JSON.parse(text);
    expect(default_provider).toBe("cloudflare");
    expect(providers).toMatchObject([
      { name: "cloudflare", default: true },
      { name: "openai", default_models: { moderation: "omni-moderation-latest" } },
      { name: "gemini" },
    ]);
  });
});
