import type { AuditMessage, AuditRecord } from "@ai-proxy/shared/contract/audit";
import type { RelayRequest } from "@ai-proxy/shared/contract/relay";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Mesh, startMesh, TOKEN } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";

// Workers are deployed one by one, so for a while old and new ones talk to each
// other. What the first version of the contract had must go on being enough.

let mesh: Mesh;
beforeAll(async () => {
  const bindings = { OPENAI_RELAY: "oldest-relay", TOKENIZER: "oldest-relay" };
  mesh = await startMesh({ gateway: { bindings, vars: { PASSTHROUGH_PATHS: "/responses" } } });
  mesh.upstream.play(answerAsProvider);
});
afterAll(() => mesh.close());

const messages = [{ role: "user", content: "hi" }];

describe.each([
  ["CF_AI", "@cf/meta/llama-4-scout-17b-16e-instruct", "Hello from cloudflare"],
  ["OPENAI_RELAY", "gpt-4o", "Hello from openai"],
  ["GEMINI_RELAY", "gemini-2.5-flash", "Hello from gemini"],
])("a new %s behind an old gateway", (binding, model, answer) => {
  const request: RelayRequest = {
    body: JSON.stringify({ model, messages }),
    model,
    requestedModel: model,
    requestId: "r",
    sessionId: "s",
    stream: false,
    includeUsage: false,
  };

  test("answers a request that has only the first version's fields", async () => {
    expect(await mesh.asOldestGateway(binding, "chat", request)).toMatchObject({
      status: 200,
      headers: { "content-type": expect.stringContaining("application/json") },
      body: expect.stringContaining(answer),
      usage: { promptTokens: 5, completionTokens: 3 },
    });
  });

  test("holds a stream for its content no longer than the first byte may take, whatever keep-alives come", async () => {
    mesh.upstream.play(async (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (; !response.destroyed; await new Promise((resolve) => setTimeout(resolve, 50))) response.write(": ping\n\n");
    });
    const deadlines = { firstByteMs: 300, idleMs: 200 };
    const streamed = { ...request, stream: true, fallbackWaiting: true, otherTargetWaiting: true, deadlines };
    const reply = await mesh.asOldestGateway(binding, "chat", streamed);
    mesh.upstream.play(answerAsProvider);
    expect(reply).toMatchObject({ status: 504, failure: { condition: "timeout" } });
  });

  test("is not disturbed by fields that it does not know", async () => {
    const newer = { ...request, brandNew: { nested: [1, 2] } };
    expect(await mesh.asOldestGateway(binding, "chat", newer)).toMatchObject({ status: 200 });
  });
});

describe("a new gateway before an old relay", () => {
  test.each([false, true])("serves chats, streamed: %s", async (stream) => {
    const response = await mesh.post("/v1/chat/completions", { model: "gpt-4o", messages, stream });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("Hello");
  });

  test.each([
    ["/v1/embeddings", "relay_unavailable", { provider: "openai", input: "x", routing: { max_attempts: 1 } }],
    ["/v1/responses", "relay_unavailable", { input: "x" }],
    ["/v1/tokenize", "tokenizer_unavailable", { text: "x" }],
  ])("answers on %s for what the Worker behind it cannot do yet: %s", async (path, code, body) => {
    const missing = await mesh.post(path, body);
    expect(missing.status).toBe(502);
    expect(await missing.json()).toMatchObject({ error: { code } });
  });

  test("lists what there is", async () => {
    const headers = { "x-auth-token": TOKEN };
    for (const path of ["/v1/models", "/v1/model-options"]) {
      expect((await fetch(new URL(path, mesh.url), { headers })).status).toBe(200);
    }
    const unknown = await mesh.post("/v1/chat/completions", { provider: "acme", messages });
    expect(unknown.status).toBe(400);
  });
});

test("a new tokenizer answers an old gateway", async () => {
  const request = {
    body: '{"text":"hello world"}',
    provider: "openai",
    model: "gpt-4o",
    requestedModel: "gpt-4o",
    requestId: "r",
  };
  const reply = (await mesh.asOldestGateway("TOKENIZER", "tokenize", request)) as { status: number; body: string };
  expect(reply.status).toBe(200);
  expect(JSON.parse(reply.body)).toMatchObject({ count: 2, method: "exact" });
});

describe("a new audit Worker", () => {
  const record = (id: string): AuditRecord => ({
    record_id: id,
    request_id: id,
    time: 1,
    session_id: "s",
    caller: "external",
    route: "/v1/models",
    method: "GET",
    provider: null,
    model_asked: null,
    model_used: null,
    attempts: 0,
    status: 200,
    error_code: null,
    stream: false,
    stream_end: null,
    first_byte_ms: 1,
    total_ms: 1,
    prompt_tokens: null,
    completion_tokens: null,
    cached_tokens: null,
    reasoning_tokens: null,
    usage_estimated: false,
    gateway_log_id: null,
    trail: [],
  });

  test("writes records of older and newer gateways, and each once, however often it is delivered", async () => {
    const { trail: _, gateway_log_id: __, ...older } = record("from-older");
    const newer = { ...record("from-newer"), shade: "blue" };
    const message: AuditMessage = { v: 1, records: [older as AuditRecord, newer] };
    await mesh.deliver(message);
    await mesh.deliver(message);
    await mesh.deliver({ not: "one of ours" });
    await mesh.deliver({ v: 1, records: [record("after-it")] });
    for (const id of ["from-older", "from-newer", "after-it"]) expect(await mesh.rows(id)).toHaveLength(1);
  });
});
