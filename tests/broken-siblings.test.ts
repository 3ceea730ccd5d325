import { request } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mesh, startMesh, TOKEN } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";

// What the gateway does while another Worker of the mesh hangs, or answers with what is no reply.

const messages = [{ role: "user", content: "hi" }];

async function errorOf(response: Response) {
  const { error } = (await response.json()) as { error: { code: string } };
  return { status: response.status, code: error.code };
}

describe("a Worker that hangs", () => {
  let mesh: Mesh;
  beforeAll(async () => {
    mesh = await startMesh({
      gateway: {
        bindings: { OPENAI_RELAY: "hanging-peer", TOKENIZER: "hanging-peer" },
        vars: {
          PASSTHROUGH_PATHS: "/responses",
          ROUTING: JSON.stringify({ timeout_ms: 1_000, providers: { groq: { timeout_ms: 1_000 } } }),
        },
      },
    });
  });
  afterAll(() => mesh.close());
  beforeEach(() => mesh.upstream.play(answerAsProvider));

  test("does not hold up a chat at a provider that is well, though a setting names its upstream", async () => {
    const response = await mesh.post("/v1/chat/completions", { model: "gemini-2.5-flash", messages });
    expect(response.status).toBe(200);
  });

  test.each([
    ["/v1/tokenize", { model: "gpt-4o", text: "hi" }, "tokenizer_unavailable"],
    ["/v1/detokenize", { model: "gpt-4o", tokens: [1] }, "tokenizer_unavailable"],
    ["/v1/responses", { model: "gpt-4o", input: "hi" }, "relay_unavailable"],
  ])("fails %s in its time, and the request is on record", async (path, body, code) => {
    const id = `hang-${path.slice(4)}`;
    expect(await errorOf(await mesh.post(path, body, { "x-request-id": id }))).toEqual({ status: 504, code });
    expect(await mesh.rows(id)).toMatchObject([{ status: 504, error_code: code }]);
  });

  test("leaves the lists of models to those that answer", async () => {
    const headers = { "x-auth-token": TOKEN };
    const [models, options] = await Promise.all(
      ["/v1/models", "/v1/model-options"].map((path) => fetch(new URL(path, mesh.url), { headers })),
    );
    expect([models?.status, options?.status]).toEqual([200, 200]);
    expect(JSON.stringify(await models?.json())).toContain("gemini-2.5-flash");
  });

  test("and a client that leaves meanwhile are on record", async () => {
    const body = JSON.stringify({ model: "gpt-4o", text: "hi", routing: { timeout_ms: 900 } });
    const headers = {
      "content-type": "application/json",
      authorization: `Bearer ${TOKEN}`,
      "x-request-id": "hang-left",
    };
    const leaving = request(new URL("/v1/tokenize", mesh.url).href, { method: "POST", headers });
    leaving.on("error", () => {});
    leaving.end(body, () => setTimeout(() => leaving.destroy(), 100));
    expect(await mesh.rows("hang-left")).toMatchObject([{ route: "/v1/tokenize" }]);
  });
});

describe("a Worker whose reply is none", () => {
  let mesh: Mesh;
  beforeAll(async () => {
    mesh = await startMesh({
      gateway: {
        bindings: { OPENAI_RELAY: "babbling-peer", TOKENIZER: "babbling-peer" },
        vars: { PASSTHROUGH_PATHS: "/responses" },
      },
    });
  });
  afterAll(() => mesh.close());
  beforeEach(() => mesh.upstream.play(answerAsProvider));

  describe.each(["null", "42", "empty", "status-99", "bad-header", "bad-model"])("but %s", (reply) => {
    const headers = { "x-request-id": reply };
    const once = { routing: { max_attempts: 1 } };

    test("is a relay that is unavailable", async () => {
      const response = await mesh.post("/v1/chat/completions", { model: "gpt-4o", messages, ...once }, headers);
      expect(await errorOf(response)).toEqual({ status: 502, code: "relay_unavailable" });
    });

    test("is followed by the fallback", async () => {
      const body = { model: "gpt-4o", messages, fallbacks: ["gemini-2.5-flash"] };
      const response = await mesh.post("/v1/chat/completions", body, headers);
      expect(response.status).toBe(200);
      expect(response.headers.get("x-gateway-provider")).toBe("gemini");
    });

    test("on an opened path is a relay that is unavailable", async () => {
      const response = await mesh.post("/v1/responses", { model: "gpt-4o", input: "hi" }, headers);
      expect(await errorOf(response)).toEqual({ status: 502, code: "relay_unavailable" });
    });
  });

  test.each(["null", "42", "empty", "status-99"])("but %s is a tokenizer that is unavailable", async (reply) => {
    const response = await mesh.post("/v1/tokenize", { model: "gpt-4o", text: "hi" }, { "x-request-id": reply });
    expect(await errorOf(response)).toEqual({ status: 502, code: "tokenizer_unavailable" });
  });

  test("as its status or its list of models counts as none", async () => {
    const response = await fetch(new URL("/v1/models", mesh.url), { headers: { "x-auth-token": TOKEN } });
    expect(response.status).toBe(200);
  });
});
