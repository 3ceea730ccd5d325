import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PlainMesh, startPlainMesh } from "./plain-mesh.ts";
import { answerAsProvider } from "./replies.ts";
import type { UpstreamRequest } from "./upstream.ts";

// abort.test.ts has the client that leaves. Here the relay itself has enough of a model that goes on.

let mesh: PlainMesh;
beforeAll(async () => {
  mesh = await startPlainMesh();
}, 90_000);
afterAll(() => mesh.close());

/** These events, then words without end. */
function endlessAfter(first: readonly string[], word = "word ") {
  return async (_request: UpstreamRequest, response: ServerResponse): Promise<void> => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const data of first) response.write(`data: ${data}\n\n`);
    while (!response.destroyed) {
      response.write(`data: {"response":"${word}"}\n\n`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
}

/** The whole answer; fails unless the model's stream is closed within a second of its end. */
async function answerTo(body: object, requestId: string): Promise<string> {
  const messages = [{ role: "user", content: "Tell me everything" }];
  const client = mesh.open("/v1/chat/completions", { model: "llama4", messages, stream: true, ...body }, requestId);
  const [answer] = (await once(client, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of answer) text += chunk;
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("the model goes on")), 1_000));
  await Promise.race([mesh.upstream.requests[0]?.dropped, late]);
  return text;
}

test("a model that writes on past a stop sequence is dropped, and the tokens so far are on record", async () => {
  mesh.upstream.play(endlessAfter(['{"response":"One"}', '{"response":"\\nTwo"}']));
  const text = await answerTo({ stop: "\n" }, "stopped");
  expect(text).toContain('"content":"One"');
  expect(text).not.toContain("Two");
  expect(text).toMatch(/"finish_reason":"stop"\}\]\}\n\ndata: \[DONE\]\n\n$/);
  expect(await mesh.record("stopped")).toMatchObject({
    stream_end: "complete",
    usage_estimated: true,
    completion_tokens: 1,
  });
});

test("a model whose stream turns to nonsense is dropped, and the client gets an error event", async () => {
  mesh.upstream.play(endlessAfter(['{"response":"One"}', "nonsense"]));
  const text = await answerTo({}, "nonsense");
  expect(text).toMatch(/"content":"One"[\s\S]*data: \{"error":\{[^\n]*"invalid_upstream_response"\}\}\n\n$/);
  expect(await mesh.record("nonsense")).toMatchObject({ stream_end: "cut", error_code: "invalid_upstream_response" });
});

test("a model whose stream is held back is dropped once another answer has won", async () => {
  mesh.upstream.play((request, response) =>
    request.url.startsWith("/ai/") ? endlessAfter([], "")(request, response) : answerAsProvider(request, response),
  );
  const extra = { fallbacks: [{ provider: "openai", model: "gpt-test" }], routing: { hedge_after_ms: 50 } };
  expect(await answerTo(extra, "hedged")).toContain("from openai");
  expect((await mesh.record("hedged")).trail).toMatchObject([{ outcome: "ok" }, { outcome: "hedged out" }]);
});
