import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TOKEN } from "./mesh.ts";
import { type PlainMesh, startPlainMesh } from "./plain-mesh.ts";
import { answerAsProvider } from "./replies.ts";
import type { UpstreamRequest } from "./upstream.ts";

let mesh: PlainMesh;
beforeAll(async () => {
  mesh = await startPlainMesh({ gateway: { PASSTHROUGH_PATHS: "/responses" } });
}, 90_000);
afterAll(() => mesh.close());

const PROVIDERS = [
  ["cloudflare", "llama4"],
  ["openai", "gpt-4o"],
  ["gemini", "gemini-2.5-flash"],
] as const;

/** Words that come at once: more than one read takes. */
const BURST = 600;

/** One event of a word, in the provider's format. */
function word({ url, body }: UpstreamRequest): string {
  const event = () => {
    if (url.startsWith("/gemini"))
      return { candidates: [{ index: 0, content: { role: "model", parts: [{ text: "word " }] } }] };
    if (url.startsWith("/ai")) return { response: "word " };
    return {
      id: "1",
      object: "chat.completion.chunk",
      created: 1,
      model: body.model,
      choices: [{ index: 0, delta: { role: "assistant", content: "word " }, finish_reason: null }],
    };
  };
  return `data: ${JSON.stringify(event())}\n\n`;
}

/** Streams words, one every 20 ms, until the connection is dropped. */
async function endless(request: UpstreamRequest, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  while (!response.destroyed) {
    response.write(word(request));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Fails unless the upstream's connection is closed within a second. */
async function droppedInTime(request: UpstreamRequest | undefined): Promise<void> {
  const late = new Promise((_, reject) =>
    setTimeout(() => reject(new Error("the upstream request is still open")), 1_000),
  );
  await Promise.race([request?.dropped, late]);
}

describe.each(PROVIDERS)("a client of %s that leaves, seen in workerd", (provider, model) => {
  const messages = [{ role: "user", content: "Tell me everything" }];

  test.each([true, false])(
    "mid-stream, usage asked for: %s: the provider's stream is closed within a second, the tokens so far are on record",
    async (include_usage) => {
      mesh.upstream.play(endless);
      const requestId = `left-${provider}-${include_usage}`;
      const client = mesh.open(
        "/v1/chat/completions",
        { provider, model, messages, stream: true, stream_options: { include_usage } },
        requestId,
      );
      const [answer] = (await once(client, "response")) as [IncomingMessage];
      let seen = "";
      for await (const chunk of answer) {
        seen += chunk;
        if (seen.split("word").length > 10) break; // leaving the loop destroys the socket
      }
      client.destroy();
      await droppedInTime(mesh.upstream.requests[0]);
      const record = await mesh.record(requestId);
      expect(record).toMatchObject({
        status: 200,
        stream: true,
        stream_end: "aborted",
        usage_estimated: true,
        attempts: 1,
      });
      expect(record.completion_tokens).toBeGreaterThanOrEqual(8);
      expect(mesh.upstream.requests).toHaveLength(1);
    },
  );

  test.each([true, false])(
    "right after a burst, usage asked for: %s: all that had come is counted",
    async (include_usage) => {
      mesh.upstream.play((request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (let at = 0; at < BURST; at++) response.write(word(request));
      });
      const requestId = `burst-${provider}-${include_usage}`;
      const client = mesh.open(
        "/v1/chat/completions",
        { provider, model, messages, stream: true, stream_options: { include_usage } },
        requestId,
      );
      const [answer] = (await once(client, "response")) as [IncomingMessage];
      let seen = "";
      for await (const chunk of answer) {
        seen += chunk;
        if (seen.split("word").length <= BURST) continue;
        // The provider is silent now: a plain close would be seen only with its next word.
        client.socket?.resetAndDestroy();
        break;
      }
      const record = await mesh.record(requestId);
      expect(record).toMatchObject({ stream_end: "aborted", usage_estimated: true });
      expect(record.completion_tokens).toBeGreaterThanOrEqual(BURST);
    },
  );

  // workerd takes a plain close before the answer for a half-open connection, which HTTP allows; a reset it sees.
  test.each([
    ["before the first byte of a stream", true],
    ["during a JSON answer", false],
  ])("%s: the upstream request is closed within a second and no retry starts", async (_, stream) => {
    const asked = Promise.withResolvers<void>();
    mesh.upstream.play(() => asked.resolve()); // never answers
    const requestId = `left-early-${provider}-${stream}`;
    const body = { provider, model, messages, stream, fallbacks: ["gpt-4o", "llama4"] };
    const client = mesh.open("/v1/chat/completions", body, requestId);
    await asked.promise;
    client.socket?.resetAndDestroy();
    await droppedInTime(mesh.upstream.requests[0]);
    const record = await mesh.record(requestId);
    expect(record).toMatchObject({ status: 499, error_code: "client_closed_request" });
    expect(record.trail).toMatchObject([{ provider, outcome: "aborted" }]);
    expect(mesh.upstream.requests).toHaveLength(1);
  });
});

test.each<[string, (client: ClientRequest) => void]>([
  ["reset", (client) => client.socket?.resetAndDestroy()],
  ["close", (client) => client.destroy()],
])("a client whose connection ends by a %s amid its body is on record, and nobody was asked", async (how, leave) => {
  mesh.upstream.play(answerAsProvider);
  const requestId = `left-amid-body-by-${how}`;
  const headers = {
    "content-type": "application/json",
    authorization: `Bearer ${TOKEN}`,
    "x-request-id": requestId,
    expect: "100-continue",
  };
  const url = new URL("/v1/chat/completions", mesh.url);
  const client = request(url.href, { method: "POST", headers, agent: false });
  client.on("error", () => {}); // a destroyed request says so
  // Asked for once somebody reads it.
  client.flushHeaders();
  await once(client, "continue");
  await new Promise<void>((resolve) => client.write('{"model":"gpt-4o","messages":[', () => resolve()));
  leave(client);
  expect(await mesh.record(requestId)).toMatchObject({ status: 499, error_code: "client_closed_request", attempts: 0 });
  expect(mesh.upstream.requests).toHaveLength(0);
});

test("a client that leaves while the list of models is gathered is on record", async () => {
  const asked = Promise.withResolvers<void>();
  mesh.upstream.play(() => asked.resolve()); // never answers
  const headers = { authorization: `Bearer ${TOKEN}`, "x-request-id": "left-by-models" };
  const client = request(new URL("/v1/models", mesh.url).href, { headers, agent: false });
  client.on("error", () => {}); // a destroyed request says so
  client.end();
  await asked.promise;
  client.socket?.resetAndDestroy();
  expect(await mesh.record("left-by-models")).toMatchObject({ status: 499, error_code: "client_closed_request" });
});

describe("a client that leaves is seen, and recorded, by every way to a provider", () => {
  const messages = [{ role: "user", content: "hi" }];
  test.each<[string, (requestId: string) => ClientRequest]>([
    ["an opened path", (id) => mesh.open("/v1/responses", { input: "hi" }, id)],
    ["moderations", (id) => mesh.open("/v1/moderations", { input: "hi" }, id)],
    ["an exact count", (id) => mesh.open("/v1/tokenize", { model: "gemini-2.5-flash", exact: true, messages }, id)],
    ["a trusted Worker's RPC call", (id) => mesh.openTrusted({ model: "gpt-4o", messages }, id)],
    ["a trusted Worker's stream over RPC", (id) => mesh.openTrusted({ model: "llama4", messages, stream: true }, id)],
  ])("%s", async (name, open) => {
    const asked = Promise.withResolvers<void>();
    mesh.upstream.play(() => asked.resolve()); // never answers
    const requestId = `left-by-${name.replace(/\W+/g, "-")}`;
    const client = open(requestId);
    await asked.promise;
    client.socket?.resetAndDestroy();
    await droppedInTime(mesh.upstream.requests[0]);
    expect(await mesh.record(requestId)).toMatchObject({ status: 499, error_code: "client_closed_request" });
  });
});

describe.each(PROVIDERS)("a hedged request whose first target, %s, is slow", (provider, model) => {
  test("is answered by the second; the first is dropped within a second and both are on record", async () => {
    const [other, otherModel] = provider === "openai" ? PROVIDERS[2] : PROVIDERS[1];
    const path = { cloudflare: "/ai/", openai: "/openai/", gemini: "/gemini/" }[provider];
    mesh.upstream.play((request, response) => {
      // Headers, and then nothing: what is hedged is the wait for the first words.
      if (request.url.startsWith(path))
        return void response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      return answerAsProvider(request, response);
    });
    const requestId = `hedged-${provider}`;
    const routing = { hedge_after_ms: 100 };
    const body = {
      provider,
      model,
      messages: [{ role: "user", content: "hi" }],
      stream: true,
      fallbacks: [`${other}/${otherModel}`],
      routing,
    };
    const client = mesh.open("/v1/chat/completions", body, requestId);
    const [answer] = (await once(client, "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of answer) text += chunk;
    expect(answer.headers["x-gateway-provider"]).toBe(other);
    expect(text).toContain(`from ${other}`);
    await droppedInTime(mesh.upstream.requests[0]);
    const record = await mesh.record(requestId);
    expect(record).toMatchObject({ provider: other, attempts: 2, status: 200 });
    expect(record.trail).toMatchObject([
      { provider: other, outcome: "ok" },
      { provider, outcome: "hedged out" },
    ]);
  });
});
