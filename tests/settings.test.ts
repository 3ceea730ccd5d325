import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mesh, startMesh, TOKEN } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";
import { json, ScriptedUpstream } from "./upstream.ts";

// Settings that the owner has changed, and that lead from one Worker to another.

let mesh: Mesh;
let vllm: ScriptedUpstream;
beforeAll(async () => {
  vllm = new ScriptedUpstream();
  const upstreams = { vllm: { base_url: `${await vllm.listen()}/v1`, default_model: "qwen3" } };
  const routing = {
    pools: { house: { targets: [{ model: "vllm/qwen3" }] } },
    fallbacks: { openai: ["vllm/qwen3"], gemini: ["gemni/gemini-2.5-flash"] },
  };
  mesh = await startMesh({
    gateway: {
      vars: { DEFAULT_PROVIDER: "vllm", ROUTING: JSON.stringify(routing) },
      // As `echo … | wrangler secret put` may leave it.
      secrets: { AUTH_TOKEN: `${TOKEN}\n` },
    },
    "openai-relay": { vars: { UPSTREAMS: JSON.stringify(upstreams) } },
    audit: { vars: { RETENTION_DAYS: "30" } },
  });
});
afterAll(async () => {
  await mesh.close();
  await vllm.close();
});
beforeEach(() => {
  mesh.upstream.play(answerAsProvider);
  vllm.play(answerAsProvider);
});

const messages = [{ role: "user", content: "hi" }];
const get = (path: string) => fetch(new URL(path, mesh.url), { headers: { "x-auth-token": TOKEN } });

test("a secret that ends in a line break is the token without it", async () => {
  expect((await get("/v1/models")).status).toBe(200);
});

describe("an upstream of the owner's", () => {
  test.each([
    ["the default provider", {}],
    ["the default model", { model: "default" }],
    ["a member of a pool", { model: "house" }],
  ])("serves as %s", async (_, route) => {
    const response = await mesh.post("/v1/chat/completions", { ...route, messages });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-gateway-provider")).toBe("vllm");
  });

  test("serves as the fallback of another provider", async () => {
    mesh.upstream.play((_request, response) => json(response, 500, { error: { message: "down" } }));
    const response = await mesh.post("/v1/chat/completions", { provider: "openai", messages });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-gateway-provider")).toBe("vllm");
  });

  test("that is not the default does not keep the others from being asked", async () => {
    const request = { model: "gpt-4o", messages, fallbacks: [] };
    expect((await mesh.post("/v1/chat/completions", request)).headers.get("x-gateway-provider")).toBe("openai");
  });
});

test("a chain that names nobody is the owner's mistake, and the answer says where it stands", async () => {
  const response = await mesh.post("/v1/chat/completions", { provider: "gemini", messages });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({
    error: { code: "not_configured", message: expect.stringContaining("ROUTING: fallbacks.gemini[0]") },
  });
  expect(mesh.upstream.requests).toHaveLength(0);
});

test("a pool is a model: listed, shown, counted for", async () => {
  expect(await (await get("/v1/models/house")).json()).toMatchObject({ id: "house", object: "model" });
  expect(await (await get("/v1/model-options")).json()).toMatchObject({
    pools: [{ name: "house", sticky: false, targets: [{ model: "vllm/qwen3", weight: 1 }] }],
  });
  const counted = await mesh.post("/v1/tokenize", { model: "house", text: "hi" });
  expect(await counted.json()).toMatchObject({ object: "tokenization", model: "house" });
});

test("rows of the audit go once they are RETENTION_DAYS old, however many they are, and no others", async () => {
  const day = 24 * 60 * 60 * 1000;
  const now = Date.UTC(2030, 0, 31);
  const insert = (rows: number, time: number) =>
    mesh.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      INSERT INTO requests (record_id, request_id, time, session_id, caller, route, method, attempts, status, stream,
        total_ms, usage_estimated, trail)
      SELECT 'r-' || i || '-${time}', 'r', ${time}, 's', 'external', '/', 'GET', 0, 200, 0, 1, 0, '[]' FROM n`);
  await insert(12_000, now - 31 * day);
  await insert(1, now - 30 * day - 1);
  await insert(2, now - 30 * day);
  await mesh.cleanUp(now);
  const left = await mesh.sql<{ time: number }>("SELECT time FROM requests WHERE request_id = 'r'");
  expect(left.map(({ time }) => time)).toEqual([now - 30 * day, now - 30 * day]);
});

test("a name in ROUTING that is nobody's is the owner's mistake for every request, and the answer says where it stands", async () => {
  const upstreams = JSON.stringify({ vllm: { base_url: "http://localhost:1/v1" } });
  const routing = { providers: { vllm: { timeout_ms: 9_000 } }, fallbacks: { opnai: ["llama4"] } };
  const misspelt = await startMesh({
    gateway: { vars: { ROUTING: JSON.stringify(routing) } },
    "openai-relay": { vars: { UPSTREAMS: upstreams } },
  });
  try {
    const get = (path: string) => fetch(new URL(path, misspelt.url), { headers: { authorization: `Bearer ${TOKEN}` } });
    for (const response of [
      await misspelt.post("/v1/chat/completions", { model: "llama4", messages }),
      await misspelt.post("/v1/tokenize", { model: "llama4", text: "hi" }),
      await get("/v1/route-check"),
      await get("/v1/models"),
      await get("/v1/model-options"),
    ]) {
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({
        error: {
          code: "not_configured",
          message: expect.stringContaining("ROUTING: fallbacks.opnai: there is no provider"),
        },
      });
    }
  } finally {
    await misspelt.close();
  }
});

test("a mistake in one of UPSTREAMS is what a request for it is told, whether or not it names a model", async () => {
  const upstreams = JSON.stringify({ vllm: { base_url: "vllm", default_model: "qwen3" } });
  const mistaken = await startMesh({ "openai-relay": { vars: { UPSTREAMS: upstreams } } });
  try {
    for (const request of [{ provider: "vllm" }, { model: "vllm/qwen3" }]) {
      const response = await mistaken.post("/v1/chat/completions", { ...request, messages });
      expect([response.status, await response.json()]).toMatchObject([
        503,
        { error: { code: "not_configured", message: expect.stringContaining("UPSTREAMS.vllm.base_url") } },
      ]);
    }
  } finally {
    await mistaken.close();
  }
});

test("UPSTREAMS that cannot be read are the owner's mistake, for requests that may mean one of them", async () => {
  const broken = await startMesh({
    gateway: { vars: { ROUTING: '{"fallbacks":{"gemini":["vllm/qwen3"]}}' } },
    "openai-relay": { vars: { UPSTREAMS: '{"vllm": ' } },
  });
  try {
    broken.upstream.play(answerAsProvider);
    // The last by its chain.
    for (const request of [{ provider: "vllm" }, { model: "vllm/qwen3" }, { model: "gemini-2.5-flash" }]) {
      const response = await broken.post("/v1/chat/completions", { ...request, messages });
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({
        error: { code: "not_configured", message: expect.stringContaining("UPSTREAMS must be a JSON object") },
      });
    }
    for (const request of [{ provider: "openai" }, { model: "llama4" }, {}]) {
      expect((await broken.post("/v1/chat/completions", { ...request, messages })).status).toBe(200);
    }
  } finally {
    await broken.close();
  }
});
