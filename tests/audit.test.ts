import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { record } from "../workers/audit/test/record.ts";
import { type Mesh, startMesh, TOKEN } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh();
});
afterAll(() => mesh.close());
beforeEach(() =>
  mesh.upstream.play((request, response) => {
    if (!request.text.includes("provoke a failure")) return answerAsProvider(request, response);
    return void response.writeHead(500).end("{}");
  }),
);

const messages = [{ role: "user", content: "a secret question" }];

// At the same time: the queue hands a batch over every five seconds.
test.concurrent.each([
  ["cloudflare", "llama4", "@cf/meta/llama-4-scout-17b-16e-instruct"],
  ["openai", "gpt-4o", "gpt-4o"],
  ["gemini", "gemini-2.5-flash", "gemini-test-001"],
])(
  "a chat through %s is a row: who, where, how long, how many tokens, and no word of it",
  async (provider, model, served) => {
    for (const stream of [false, true]) {
      const requestId = `row-${provider}-${stream}`;
      const response = await mesh.post(
        "/v1/chat/completions",
        { provider, model, messages, stream },
        { "x-request-id": requestId, "x-session-id": "session-1" },
      );
      await response.text();
      const [row] = await mesh.rows(requestId);
      expect(row).toMatchObject({
        request_id: requestId,
        session_id: "session-1",
        caller: "external",
        route: "/v1/chat/completions",
        method: "POST",
        provider,
        model_asked: model,
        model_used: served,
        attempts: 1,
        status: 200,
        error_code: null,
        stream: Number(stream),
        stream_end: stream ? "complete" : null,
        prompt_tokens: 5,
        completion_tokens: 3,
        cached_tokens: 0,
        reasoning_tokens: 0,
        usage_estimated: 0,
      });
      expect(row?.total_ms).toBeGreaterThanOrEqual(row?.first_byte_ms ?? Number.NaN);
      expect(Math.abs(Date.now() - (row?.time ?? 0))).toBeLessThan(60_000);
      expect(JSON.stringify(row)).not.toMatch(/secret question|Hello from/);
    }
  },
);

test.concurrent("a request that fails is a row with its error and every attempt", async () => {
  const response = await mesh.post(
    "/v1/chat/completions",
    {
      model: "gpt4",
      messages: [{ role: "user", content: "provoke a failure" }],
      fallbacks: ["gemini-2.5-flash"],
      routing: { max_attempts: 2 },
    },
    { "x-request-id": "failed-1" },
  );
  expect(response.status).toBe(502);
  const [row] = await mesh.rows("failed-1");
  expect(row).toMatchObject({ status: 502, attempts: 2, prompt_tokens: null });
  expect(JSON.parse(String(row?.trail))).toMatchObject([
    { provider: "openai", outcome: "upstream_error", status: 500 },
    { provider: "gemini", outcome: "upstream_error", status: 500 },
  ]);
});

test.concurrent("what each attempt used is on its own in the row, where its relay tells", async () => {
  const body = { model: "gpt4", messages, stream: true };
  const response = await mesh.post("/v1/chat/completions", body, { "x-request-id": "used-1" });
  await response.text();
  const [row] = await mesh.rows("used-1");
  const counts = { prompt_tokens: 5, completion_tokens: 3, cached_tokens: 0, reasoning_tokens: 0 };
  expect(row).toMatchObject(counts);
  expect(JSON.parse(String(row?.trail))).toMatchObject([{ outcome: "ok", ...counts, usage_estimated: false }]);
});

test.concurrent("a request that the edge refuses is a row too", async () => {
  await mesh.post("/v1/chat/completions", { messages: [] }, { "x-request-id": "refused-1" });
  expect((await mesh.rows("refused-1"))[0]).toMatchObject({
    status: 400,
    error_code: "invalid_value",
    attempts: 0,
    provider: null,
  });
});

test.concurrent("a count that the tokenizer refuses is a row that says why", async () => {
  await mesh.post("/v1/tokenize", { provider: "gemini", text: ["a"], exact: true }, { "x-request-id": "no-count" });
  expect((await mesh.rows("no-count"))[0]).toMatchObject({ status: 400, error_code: "exact_count_unavailable" });
});

test.concurrent("a client that uses one request id twice hides nothing", async () => {
  for (let i = 0; i < 2; i++) await mesh.post("/v1/route-check", { model: "gpt4" }, { "x-request-id": "twice" });
  expect(await mesh.rows("twice", 2)).toHaveLength(2);
});

test.concurrent("a field that D1 cannot read, of a newer gateway, costs no row", async () => {
  const levels = 1_200;
  const deep: unknown = JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
  await mesh.deliver({ v: 1, records: [{ ...record("deep"), brand_new: deep }] });
  await mesh.deliver({ v: 1, records: [record("beside-it")] });
  for (const id of ["deep", "beside-it"]) expect(await mesh.rows(id)).toHaveLength(1);
});

test.concurrent("a request whose model has a name far too long is refused, and is a row that fits", async () => {
  const model = `gpt-${"x".repeat(300_000)}`;
  const response = await mesh.post(`/v1/${"y".repeat(5_000)}`, {}, { "x-request-id": "long-path" });
  expect(response.status).toBe(404);
  const refused = await mesh.post("/v1/chat/completions", { model, messages }, { "x-request-id": "long-model" });
  expect(await refused.json()).toMatchObject({ error: { param: "model", code: "invalid_value" } });
  expect((await mesh.rows("long-model"))[0]).toMatchObject({ status: 400, error_code: "invalid_value" });
  expect((await mesh.rows("long-path"))[0]?.route).toMatch(/^\/v1\/y{123}…$/);
});

test("500 requests over all routes and providers, 32 at a time, are 500 rows", async () => {
  const before = await count();
  const providers = ["cloudflare", "openai", "gemini"];
  const routes: ((n: number) => Promise<Response>)[] = [
    (n) => mesh.post("/v1/chat/completions", { provider: providers[n % 3], model: model(n), messages }),
    (n) => mesh.post("/v1/chat/completions", { provider: providers[n % 3], model: model(n), messages, stream: true }),
    (n) => mesh.post("/v1/completions", { provider: providers[n % 3], model: model(n), prompt: "Once" }),
    (n) => mesh.post("/v1/embeddings", { provider: providers[n % 3], model: embeddingModel(n), input: "x" }),
    () => mesh.post("/v1/tokenize", { model: "gpt-4", text: "x" }),
    () => mesh.post("/v1/route-check", {}),
    () => mesh.post("/v1/chat/completions", { messages: "wrong" }),
    () => fetch(new URL("/v1/models", mesh.url), { headers: { "x-auth-token": TOKEN } }),
    () => fetch(new URL("/v1/model-options", mesh.url), { headers: { "x-auth-token": TOKEN } }),
    () => fetch(new URL("/v1/nothing", mesh.url), { headers: { "x-auth-token": TOKEN } }),
  ];
  const model = (n: number) => ["llama4", "gpt-4o", "gemini-2.5-flash"][n % 3];
  const embeddingModel = (n: number) => ["@cf/baai/bge-m3", "text-embedding-3-small", "gemini-embedding-001"][n % 3];
  const ids = new Set<string>();
  let next = 0;
  const caller = async () => {
    while (next < 500) {
      const n = next++;
      const response = await routes[n % routes.length]?.(Math.floor(n / routes.length));
      await response?.text();
      ids.add(response?.headers.get("x-request-id") ?? "");
    }
  };
  await Promise.all(Array.from({ length: 32 }, caller));
  expect(ids.size).toBe(500);
  await expect.poll(count, { timeout: 20_000, interval: 200 }).toBe(before + 500);
  const counts = await mesh.sql<{ request_id: string; n: number }>(
    "SELECT request_id, count(*) AS n FROM requests GROUP BY request_id",
  );
  expect(counts.filter(({ request_id, n }) => ids.has(request_id) && n === 1)).toHaveLength(500);
}, 60_000);

async function count(): Promise<number> {
  const [row] = await mesh.sql<{ n: number }>("SELECT count(*) AS n FROM requests");
  return row?.n ?? 0;
}
