import { afterAll, beforeAll, expect, test } from "vitest";
import { TOKEN } from "./mesh.ts";
import { type PlainMesh, startPlainMesh } from "./plain-mesh.ts";

// What comes after an answer is no part of it. On real sockets: the harness hides a reset.

let mesh: PlainMesh;
beforeAll(async () => {
  mesh = await startPlainMesh();
});
afterAll(() => mesh.close());

const DONE = "data: [DONE]\n\n";
const chunk = (delta: object, finish: string | null) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const openai = chunk({ role: "assistant", content: "Hi" }, null) + chunk({}, "stop");
const native = 'data: {"response":"Hi"}\n\n';

async function ask(path: string, body: object, sent: string, then: "reset" | "silence", requestId: string) {
  mesh.upstream.play((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(sent);
    if (then === "reset") setTimeout(() => response.socket?.resetAndDestroy(), 100);
  });
  const response = await fetch(new URL(path, mesh.url), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}`, "x-request-id": requestId },
    body: JSON.stringify({ ...body, stream: true, routing: { max_attempts: 1, timeout_ms: 3_000 } }),
  });
  return response.text();
}

const messages = [{ role: "user", content: "hi" }];
const usage = { stream_options: { include_usage: true } };
const chats: [string, string, object, string][] = [
  ["openai, usage not asked for", "/v1/chat/completions", { model: "gpt-4o", messages }, openai],
  ["openai, usage asked for", "/v1/chat/completions", { model: "gpt-4o", messages, ...usage }, openai],
  ["Workers AI, a native model", "/v1/chat/completions", { provider: "cloudflare", messages }, native],
  ["Workers AI, an OpenAI-shaped one", "/v1/chat/completions", { model: "@cf/x/y", messages }, openai],
  ["Workers AI, a prompt", "/v1/completions", { provider: "cloudflare", prompt: "hi" }, native],
];

test.each(
  chats.flatMap(([name, path, body, sent]) =>
    (["silence", "reset"] as const).map((then) => [name, then, path, body, sent] as const),
  ),
)("%s: %s after [DONE] is no error", async (name, then, path, body, sent) => {
  const requestId = `after-done-${name.replaceAll(/\W+/g, "-")}-${then}`;
  const text = await ask(path, body, sent + DONE, then, requestId);
  expect(text).toContain("Hi");
  expect(text).not.toContain('"error"');
  expect(text.endsWith(DONE)).toBe(true);
  expect(await mesh.record(requestId)).toMatchObject({ stream_end: "complete", error_code: null });
});

test.each(chats.slice(0, 2))("%s: a reset after the finish and before [DONE] is no error", async (_, path, body) => {
  const text = await ask(path, body, openai, "reset", "after-finish");
  expect(text).toBe(openai + DONE);
});

test.each([chats[0], chats[2]].filter((row) => row !== undefined))(
  "%s: what has come to its end is not waited for",
  async (_, path, body, sent) => {
    const startedAt = Date.now();
    await ask(path, body, sent + DONE, "silence", "not-waited-for");
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  },
);
