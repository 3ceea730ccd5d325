import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Mesh, startMesh } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh();
});
afterAll(() => mesh.close());
beforeEach(() => mesh.upstream.play(answerAsProvider));

const chat = { model: "gpt4", messages: [{ role: "user", content: "hi" }] };

test("an OpenAI SDK inside another Worker works through TrustedGateway.fetch, without a token", async () => {
  const response = await mesh.asTrustedWorker("/sdk", chat);
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: "Hello from openai" } }] });
  const stream = await mesh.asTrustedWorker("/sdk-stream", chat);
  expect(await stream.json()).toEqual({ text: "Hello from openai" });
});

test("its RPC methods answer as the HTTP routes do", async () => {
  const answer = await mesh.asTrustedWorker("/chat", chat);
  expect(answer.headers.get("x-gateway-provider")).toBe("openai");
  expect(await answer.json()).toMatchObject({ choices: [{ message: { content: "Hello from openai" } }] });
  const stream = await mesh.asTrustedWorker("/chat", { ...chat, stream: true });
  expect(stream.headers.get("content-type")).toContain("text/event-stream");
  expect(await stream.text()).toContain("data: [DONE]");
  expect(await (await mesh.asTrustedWorker("/completions", { model: "gpt3", prompt: "Once" })).json()).toMatchObject({
    object: "text_completion",
  });
  expect(await (await mesh.asTrustedWorker("/tokenize", { model: "gpt-4", text: "hello world" })).json()).toMatchObject(
    { object: "tokenization", count: 2 },
  );
  expect(await (await mesh.asTrustedWorker("/models", {})).json()).toMatchObject({ object: "list" });
  expect(await (await mesh.asTrustedWorker("/route-check", { model: "gpt4" })).json()).toMatchObject({
    provider: "openai",
  });
});

test("the same policies hold: a bad request is the same error", async () => {
  const response = await mesh.asTrustedWorker("/chat", { model: "gpt4" });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { param: "messages" } });
});

test("an argument that no request can carry is a bad request, not an exception of the binding", async () => {
  const unsayable = await mesh.asTrustedWorker("/chat-that-json-cannot-say", chat);
  expect(unsayable.status).toBe(400);
  expect(await unsayable.json()).toMatchObject({ error: { code: "invalid_json" } });
  const malformed = await mesh.asTrustedWorker("/chat-in-a-malformed-session", chat);
  expect(malformed.status).toBe(400);
  expect(malformed.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(await malformed.json()).toMatchObject({ error: { code: "invalid_session_id", param: "X-Session-Id" } });
  expect((await mesh.asTrustedWorker("/chat-without-options", chat)).status).toBe(200);
});

test("the audit names the caller that the binding names", async () => {
  const response = await mesh.asTrustedWorker("/chat", chat);
  await response.text();
  const [row] = await mesh.rows(response.headers.get("x-request-id") ?? "");
  expect(row).toMatchObject({ caller: "billing", provider: "openai", status: 200 });
});
