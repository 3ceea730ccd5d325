import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mesh, startMesh, TOKEN } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh({ gateway: { vars: { ALLOWED_ORIGINS: "https://app.example", MAX_BODY_BYTES: "100000" } } });
});
afterAll(() => mesh.close());
beforeEach(() => mesh.upstream.play(answerAsProvider));

const chat = { messages: [{ role: "user", content: "hi" }], provider: "openai" };
const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, mesh.url), init);
const authorized = { headers: { "x-auth-token": TOKEN } };

/** Every error: its status, OpenAI's four keys, and the ids of the request. */
async function expectError(response: Response, status: number, error: { code?: string | null; param?: string | null }) {
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toContain("application/json");
  expect(response.headers.get("x-request-id")).toBeTruthy();
  expect(response.headers.get("x-session-id")).toBeTruthy();
  const body = (await response.json()) as { error: Record<string, unknown> };
  expect(Object.keys(body)).toEqual(["error"]);
  expect(Object.keys(body.error).toSorted()).toEqual(["code", "message", "param", "type"]);
  expect(body.error).toMatchObject({
    message: expect.stringMatching(/\S/),
    type: expect.stringMatching(/\S/),
    ...error,
  });
  return body.error;
}

describe("the edge", () => {
  test("/health needs no token", async () => {
    const response = await get("/health");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "ok" });
  });

  test.each([
    ["X-AUTH-TOKEN", { "x-auth-token": TOKEN }],
    ["Authorization: Bearer", { authorization: `Bearer ${TOKEN}` }],
    ["x-api-key", { "x-api-key": TOKEN }],
  ])("takes the token as %s", async (_, headers) => {
    expect((await get("/v1/models", { headers: headers as Record<string, string> })).status).toBe(200);
  });

  test.each([
    ["no token", {}],
    ["a wrong token", { authorization: "Bearer secret-guess" }],
    ["a token with one character more", { authorization: `Bearer ${TOKEN}x` }],
  ])("refuses %s with 401 and does not repeat it", async (_, headers) => {
    const response = await get("/v1/models", { headers: headers as Record<string, string> });
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    const error = await expectError(response, 401, { code: "invalid_api_key" });
    expect(JSON.stringify(error)).not.toContain("secret-guess");
  });

  test("answers every bad request in OpenAI's shape", async () => {
    await expectError(await get("/v1/nothing", authorized), 404, { code: "unknown_url" });
    await expectError(await get("/nothing"), 404, { code: "unknown_url" });
    const wrongMethod = await get("/v1/chat/completions", { ...authorized, method: "DELETE" });
    expect(wrongMethod.headers.get("allow")).toBe("POST, OPTIONS");
    await expectError(wrongMethod, 405, { code: "method_not_allowed" });
    await expectError(await mesh.post("/v1/chat/completions", "{ broken"), 400, { code: "invalid_json" });
    await expectError(await mesh.post("/v1/chat/completions", chat, { "content-type": "text/plain" }), 415, {
      code: "unsupported_media_type",
    });
    await expectError(await mesh.post("/v1/chat/completions", { ...chat, user: "x".repeat(100_001) }), 413, {
      code: "request_too_large",
    });
    await expectError(await mesh.post("/v1/chat/completions", { provider: "openai" }), 400, {
      param: "messages",
      code: "missing_required_parameter",
    });
    await expectError(await mesh.post("/v1/chat/completions", { ...chat, provider: "acme" }), 400, {
      param: "provider",
      code: "unknown_provider",
    });
    await expectError(await mesh.post("/v1/chat/completions", { messages: chat.messages, model: "acme-1" }), 404, {
      param: "model",
      code: "model_not_found",
    });
    expect(mesh.upstream.requests).toHaveLength(0);
  });

  test("a chunked body over the limit is a 413 too", async () => {
    const body = new Blob(["x".repeat(100_001)]).stream();
    const init = {
      method: "POST",
      body,
      duplex: "half",
      headers: { ...authorized.headers, "content-type": "application/json" },
    };
    await expectError(await get("/v1/chat/completions", init as RequestInit), 413, { code: "request_too_large" });
  });

  test("echoes a session from the header or the cookie, makes one when there is none, refuses a malformed one", async () => {
    const session = async (headers: Record<string, string>) => {
      const response = await get("/v1/models", { headers: { ...authorized.headers, ...headers } });
      return response.headers.get("x-session-id");
    };
    expect(await session({ "x-session-id": "abc" })).toBe("abc");
    expect(await session({ cookie: "session_id=from-cookie" })).toBe("from-cookie");
    expect(await session({ "x-session-id": "abc", cookie: "session_id=other" })).toBe("abc");
    expect(await session({})).toMatch(/^[0-9a-f-]{36}$/);
    const malformed = await get("/v1/models", { headers: { ...authorized.headers, "x-session-id": "a b" } });
    await expectError(malformed, 400, { code: "invalid_session_id", param: "X-Session-Id" });
  });

  test("takes a well-formed request id", async () => {
    const response = await mesh.post("/v1/chat/completions", chat, { "x-request-id": "mine-1" });
    expect(response.headers.get("x-request-id")).toBe("mine-1");
  });

  test("lets browsers of the owner's origins in, and no others", async () => {
    const from = (origin: string) => get("/v1/models", { headers: { ...authorized.headers, origin } });
    const allowed = await from("https://app.example");
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(allowed.headers.get("access-control-expose-headers")).toContain("x-request-id");
    expect(allowed.headers.get("set-cookie")).toMatch(/^session_id=[^;]+; Path=\/; HttpOnly; SameSite=None; Secure$/);
    const other = await from("https://evil.example");
    expect(other.headers.get("access-control-allow-origin")).toBeNull();

    const preflight = await get("/v1/chat/completions", {
      method: "OPTIONS",
      headers: {
        origin: "https://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type",
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toBe("authorization, content-type");
    expect(preflight.headers.get("access-control-allow-origin")).toBe("https://app.example");
  });

  test("OPTIONS says what an endpoint takes", async () => {
    const options = await get("/v1/models", { ...authorized, method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
    expect((await get("/v1/models", { method: "OPTIONS" })).status).toBe(401);
  });

  test("a model's name that no header can carry is refused before anyone is called", async () => {
    for (const model of ["a\nb", "a\r\nset-cookie: x=y", "\u0000"]) {
      await expectError(await mesh.post("/v1/chat/completions", { ...chat, model }), 400, { param: "model" });
    }
    expect(mesh.upstream.requests).toHaveLength(0);
    const unusual = await mesh.post("/v1/chat/completions", { ...chat, model: "модель 😀" });
    expect(unusual.status).toBe(200);
    expect(mesh.upstream.requests[0]?.body.model).toBe("модель 😀");
  });
});

describe("what a route would do", () => {
  test("is shown for a query and for a body, and nobody is called", async () => {
    const byQuery = await (await get("/v1/route-check?model=gpt4&fallbacks=llama4", authorized)).json();
    const byBody = await (await mesh.post("/v1/route-check", { model: "gpt4", fallbacks: ["llama4"] })).json();
    expect(byQuery).toEqual(byBody);
    expect(byQuery).toMatchObject({
      object: "route_check",
      provider: "openai",
      rule: { number: 5, why: expect.stringContaining("registry") },
      fallbacks: [{ provider: "cloudflare", upstream_model: "@cf/meta/llama-4-scout-17b-16e-instruct" }],
      limits: { max_body_bytes: 100_000 },
    });
    expect(mesh.upstream.requests).toHaveLength(0);
  });

  test("is what happens", async () => {
    const check = (await (await mesh.post("/v1/route-check", { model: "gpt4" })).json()) as {
      provider: string;
      upstream_model: string;
    };
    const response = await mesh.post("/v1/chat/completions", { ...chat, provider: undefined, model: "gpt4" });
    expect(response.headers.get("x-gateway-provider")).toBe(check.provider);
    expect(mesh.upstream.requests[0]?.body.model).toBe(check.upstream_model);
  });

  test("is shown of a stream too, and a HEAD is a GET without its body", async () => {
    const byQuery = await (await get("/v1/route-check?model=gpt4&stream=true", authorized)).json();
    expect(byQuery).toEqual(await (await mesh.post("/v1/route-check", { model: "gpt4", stream: true })).json());
    expect((await get("/v1/route-check?model=gpt4", { ...authorized, method: "HEAD" })).status).toBe(200);
  });

  test("names what is wrong", async () => {
    await expectError(await get("/v1/route-check?provider=acme", authorized), 400, { param: "provider" });
    for (const route of ["/v1/nothing", "constructor", ""])
      await expectError(await get(`/v1/route-check?route=${route}`, authorized), 400, { param: "route" });
    await expectError(await get("/v1/route-check?provider=gemini&route=/v1/moderations", authorized), 400, {
      param: "provider",
      code: "unsupported_endpoint",
    });
  });
});

describe("the lists of models", () => {
  test("are OpenAI's, with one model by its id, slashes included", async () => {
    const { data } = (await (await get("/v1/models", authorized)).json()) as { data: { id: string }[] };
    const ids = data.map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining(["llama4", "gpt4", "gpt3", "gemini-pro", "@cf/meta/llama-4-scout-17b-16e-instruct"]),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const path of ["@cf/meta/llama-4-scout-17b-16e-instruct", "@cf%2Fmeta%2Fllama-4-scout-17b-16e-instruct"]) {
      expect(await (await get(`/v1/models/${path}`, authorized)).json()).toMatchObject({
        object: "model",
        owned_by: "cloudflare",
      });
    }
    expect(await (await get("/v1/models/gemini/gemini-2.5-flash", authorized)).json()).toMatchObject({
      id: "gemini/gemini-2.5-flash",
      owned_by: "gemini",
    });
    for (const path of ["acme", "openai/gemini-2.5-flash"]) {
      await expectError(await get(`/v1/models/${path}`, authorized), 404, { code: "model_not_found" });
    }
  });

  test("tell of a retired model what serves it now", async () => {
    const options = (await (await get("/v1/model-options", authorized)).json()) as {
      providers: { name: string; aliases: unknown[] }[];
    };
    expect(options).toMatchObject({ object: "model_options", default_provider: "cloudflare" });
    const gemini = options.providers.find(({ name }) => name === "gemini");
    expect(gemini?.aliases).toContainEqual({
      alias: "default",
      model: "gemini-pro",
      served_by: expect.stringMatching(/^gemini-/),
    });
  });
});

test("without AUTH_TOKEN every /v1 request is a 503, never open", async () => {
  const unconfigured = await startMesh({ gateway: { secrets: { AUTH_TOKEN: "" } } });
  try {
    for (const headers of [{}, { authorization: "Bearer " }, { "x-auth-token": "undefined" }, authorized.headers]) {
      const response = await fetch(new URL("/v1/models", unconfigured.url), {
        headers: headers as Record<string, string>,
      });
      await expectError(response, 503, { code: "not_configured" });
    }
    expect((await fetch(new URL("/health", unconfigured.url))).status).toBe(200);
  } finally {
    await unconfigured.close();
  }
});

describe("a compressed body", () => {
  const text = JSON.stringify({ ...chat, messages: [{ role: "user", content: "Grüße, 世界" }] });
  const post = (body: Buffer, coding: string) =>
    mesh.post("/v1/chat/completions", body, { "content-encoding": coding });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
    ["zstd", zstdCompressSync],
  ])("in %s reaches the provider as it was written", async (coding, compress) => {
    expect((await post(compress(text), coding)).status).toBe(200);
    const sent = mesh.upstream.requests.at(-1);
    expect(sent?.body).toMatchObject({ messages: [{ role: "user", content: "Grüße, 世界" }] });
    expect(sent?.headers["content-encoding"]).toBeUndefined();
  });

  test("that is a bomb is a 413", async () => {
    await expectError(await post(gzipSync(Buffer.alloc(50_000_000)), "gzip"), 413, { code: "request_too_large" });
  });

  test("in an encoding that nobody here reads is a 415 that says which are read", async () => {
    const response = await post(Buffer.from(text), "compress");
    expect(response.headers.get("accept-encoding")).toBe("gzip, deflate, br, zstd");
    await expectError(response, 415, { code: "unsupported_content_encoding", param: "content-encoding" });
  });
});

test("JSON that is not UTF-8 is a 400, and nobody is called", async () => {
  const body = Buffer.from(JSON.stringify({ ...chat, user: "caf\u00e9" }), "latin1");
  await expectError(await mesh.post("/v1/chat/completions", body), 400, { code: "invalid_json" });
  expect(mesh.upstream.requests).toHaveLength(0);
});

test.each([
  ["/chat/completions", "has to end with /v1"],
  ["/models", "has to end with /v1"],
  ["/v1/messages", "POST /v1/chat/completions"],
  ["/v1/messages/count_tokens", "POST /v1/chat/completions"],
  ["/v1/responses", "PASSTHROUGH_PATHS"],
])("a request to %s is told what it may have meant: %s", async (path, hint) => {
  const { message } = await expectError(await mesh.post(path, chat), 404, { code: "unknown_url" });
  expect(message).toContain(hint);
});

test.each([
  ["gpt-oss-120b", "@cf/openai/gpt-oss-120b"],
  ["openai/gpt-oss-20b", "@cf/openai/gpt-oss-20b"],
])("%s is served where it is: %s", async (model, served) => {
  const response = await mesh.post("/v1/chat/completions", { ...chat, provider: undefined, model });
  expect(response.headers.get("x-gateway-provider")).toBe("cloudflare");
  expect(response.headers.get("x-gateway-model")).toBe(served);
});
