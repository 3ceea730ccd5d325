import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mesh, startMesh, TOKEN, UPSTREAM_KEYS } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";
import { json, ScriptedUpstream, sse } from "./upstream.ts";

let mesh: Mesh;
let vllm: ScriptedUpstream;
beforeAll(async () => {
  vllm = new ScriptedUpstream();
  const origin = await vllm.listen();
  mesh = await startMesh({
    gateway: { vars: { PASSTHROUGH_PATHS: "/responses, v1/files" } },
    "openai-relay": {
      vars: {
        UPSTREAMS: JSON.stringify({
          vllm: {
            base_url: `${origin}/v1`,
            key: "VLLM_KEY",
            default_model: "qwen3",
            models: { small: "org/qwen3-4b" },
          },
          bare: { base_url: `${origin}/bare/v1` },
          mistral: { preset: "mistral", base_url: `${origin}/mistral/v1` },
        }),
      },
      secrets: { OPENAI_API_KEY: UPSTREAM_KEYS.openai, VLLM_KEY: "vllm-key", MISTRAL_API_KEY: "mistral-key" },
    },
  });
});
afterAll(async () => {
  await mesh.close();
  await vllm.close();
});
beforeEach(() => {
  // In all tests the same, since the relay remembers the list.
  mesh.upstream.play((request, response) =>
    request.url === "/openai/v1/models"
      ? json(response, 200, { data: ["llama3.2", "gpt-99", "openai/gpt-99"].map((id) => ({ id })) })
      : answerAsProvider(request, response),
  );
  vllm.play((request, response) => {
    if (request.url === "/v1/models")
      return json(response, 200, { object: "list", data: [{ id: "qwen3", object: "model", created: 7 }] });
    return answerAsProvider(request, response);
  });
});

const messages = [{ role: "user", content: "hi" }];
const get = async (path: string) =>
  (await fetch(new URL(path, mesh.url), { headers: { "x-auth-token": TOKEN } })).json();

describe("Mistral, whose schema is closed, as a fallback", () => {
  const history = [
    ...messages,
    { role: "assistant", content: "Hi", refusal: null, annotations: [], reasoning_content: "hm" },
    { role: "user", content: "more", name: "bob" },
  ];
  const body = {
    model: "gpt-4o",
    messages: history,
    seed: 7,
    store: true,
    user: "u",
    max_completion_tokens: 9,
    fallbacks: ["mistral/magistral-medium"],
  };
  const thinking = { type: "thinking", thinking: [{ type: "text", text: "hm" }] };
  const text = { type: "text", text: "Hello" };
  const usage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 };

  beforeEach(() => mesh.upstream.play((_, response) => json(response, 503, { error: { message: "busy" } })));

  test.each([true, false])(
    "gets what it takes, and its parts come as text and reasoning (streamed: %s)",
    async (streamed) => {
      const choice = (said: object, finish_reason: string | null) => ({ index: 0, ...said, finish_reason });
      vllm.play((_, response) => {
        if (!streamed) {
          const message = { role: "assistant", content: [thinking, text], tool_calls: null };
          return json(response, 200, { model: "m", choices: [choice({ message }, "stop")], usage });
        }
        return sse(response, [
          { id: "c", choices: [choice({ delta: { role: "assistant", content: "" } }, null)] },
          { id: "c", choices: [choice({ delta: { content: [thinking] } }, null)] },
          { id: "c", choices: [choice({ delta: { content: [text] } }, "stop")], usage },
          "[DONE]",
        ]);
      });
      const response = await mesh.post("/v1/chat/completions", { ...body, stream: streamed });
      expect(response.status).toBe(200);
      expect(vllm.requests.at(-1)?.body).toEqual({
        model: "magistral-medium",
        messages: [...messages, { role: "assistant", content: "Hi" }, { role: "user", content: "more" }],
        random_seed: 7,
        max_tokens: 9,
        stream: streamed,
      });
      expect(response.headers.get("x-gateway-ignored")).toBe(
        "store, user, messages[].reasoning_content, messages[].name",
      );
      const got = await response.text();
      const said = streamed
        ? [...got.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data ?? "").choices[0].delta)
        : [JSON.parse(got).choices[0].message];
      expect(said.map(({ content }) => content ?? "").join("")).toBe("Hello");
      expect(said.map(({ reasoning_content }) => reasoning_content ?? "").join("")).toBe("hm");
    },
  );
});

describe("an OpenAI-compatible server that the owner has named", () => {
  test.each([
    ["provider", { provider: "vllm", model: "qwen3" }],
    ["provider alone", { provider: "vllm" }],
    ["prefix of the model", { model: "vllm/qwen3" }],
  ])("is reached by %s, with its own key", async (_, route) => {
    const response = await mesh.post("/v1/chat/completions", { ...route, messages });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-gateway-provider")).toBe("vllm");
    expect(vllm.requests.at(-1)).toMatchObject({ url: "/v1/chat/completions", body: { model: "qwen3" } });
    expect(vllm.requests.at(-1)?.headers["authorization"]).toBe("Bearer vllm-key");
    expect(mesh.upstream.requests).toHaveLength(0);
  });

  test("lists what the default provider has and no rule knows with its prefix, so that every id listed works", async () => {
    const { data } = (await get("/v1/models")) as { data: { id: string; owned_by: string }[] };
    const listed = data.filter(({ id }) => /llama3\.2|gpt-99/.test(id)).map(({ id }) => id);
    expect(listed).toEqual(["openai/llama3.2", "gpt-99", "openai/openai/gpt-99"]);
    for (const [at, sent] of ["llama3.2", "gpt-99", "openai/gpt-99"].entries()) {
      const response = await mesh.post("/v1/chat/completions", { model: listed[at], messages });
      expect(response.headers.get("x-gateway-provider")).toBe("openai");
      expect(mesh.upstream.requests.at(-1)?.body).toMatchObject({ model: sent });
    }
  });

  test("is in route-check, model-options and the list of models", async () => {
    expect(await get("/v1/route-check?provider=vllm")).toMatchObject({
      provider: "vllm",
      upstream_model: "qwen3",
      rule: { number: 1 },
    });
    const options = (await get("/v1/model-options")) as { providers: { name: string }[] };
    expect(options.providers.map(({ name }) => name)).toEqual([
      "cloudflare",
      "openai",
      "gemini",
      "vllm",
      "bare",
      "mistral",
    ]);
    const models = (await get("/v1/models")) as { data: object[] };
    expect(models.data).toContainEqual({ id: "vllm/qwen3", object: "model", created: 7, owned_by: "vllm" });
  });

  test("may have names of the owner's for its models, which all lists know", async () => {
    await mesh.post("/v1/chat/completions", { model: "vllm/small", messages });
    expect(vllm.requests.at(-1)?.body).toMatchObject({ model: "org/qwen3-4b" });
    expect(await get("/v1/route-check?model=vllm/small")).toMatchObject({
      upstream_model: "org/qwen3-4b",
      attempts: expect.arrayContaining([expect.objectContaining({ upstream_model: "org/qwen3-4b" })]),
    });
    const { providers } = (await get("/v1/model-options")) as { providers: object[] };
    expect(providers).toContainEqual(
      expect.objectContaining({
        name: "vllm",
        aliases: expect.arrayContaining([{ alias: "small", model: "org/qwen3-4b", served_by: "org/qwen3-4b" }]),
      }),
    );
    const { data } = (await get("/v1/models")) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toContain("vllm/small");
  });

  test("without a default model is asked for none, and lists none", async () => {
    const response = await mesh.post("/v1/chat/completions", { provider: "bare", messages });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: "model" } });
    const { providers } = (await get("/v1/model-options")) as { providers: object[] };
    expect(providers).toContainEqual(expect.objectContaining({ name: "bare", default_model: null }));
    const { data } = (await get("/v1/models")) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).not.toContain("bare/default");
  });

  test("can be a fallback", async () => {
    mesh.upstream.play((_request, response) => json(response, 500, {}));
    const response = await mesh.post("/v1/chat/completions", { model: "gpt4", messages, fallbacks: ["vllm/qwen3"] });
    expect(response.headers.get("x-gateway-provider")).toBe("vllm");
  });

  test("is listed where a request names a provider that is not there", async () => {
    const response = await mesh.post("/v1/chat/completions", { provider: "acme", messages });
    expect(((await response.json()) as { error: { message: string } }).error.message).toContain(
      "cloudflare, openai, gemini, vllm, bare",
    );
  });
});

describe("the rest of OpenAI's API", () => {
  test("moderations go to a provider that has them, named or not", async () => {
    const answer = { id: "modr-1", model: "omni-moderation-latest", results: [{ flagged: false }] };
    mesh.upstream.play((_request, response) => json(response, 200, answer));
    const response = await mesh.post("/v1/moderations", { input: "text" });
    expect(await response.json()).toEqual(answer);
    expect(mesh.upstream.requests[0]?.url).toBe("/openai/v1/moderations");
    const none = await mesh.post("/v1/moderations", { input: "text", provider: "gemini" });
    expect(none.status).toBe(400);
    expect(await none.json()).toMatchObject({ error: { param: "provider", code: "unsupported_endpoint" } });
  });

  test("paths that the owner has opened pass as they are, with a row in the audit", async () => {
    mesh.upstream.play((_request, response) =>
      json(response, 201, { id: "resp_1", big: 1 }, { "openai-processing-ms": "5" }),
    );
    const body = '{"model": "gpt-5",  "input":"caf\\u00e9", "n": 12345678901234567}';
    const response = await mesh.post("/v1/responses?include=a%20b", body, { "x-request-id": "pass-1" });
    expect(response.status).toBe(201);
    expect(await response.text()).toBe('{"id":"resp_1","big":1}');
    expect(mesh.upstream.requests[0]).toMatchObject({
      method: "POST",
      url: "/openai/v1/responses?include=a%20b",
      text: body,
    });
    expect(mesh.upstream.requests[0]?.headers["authorization"]).toBe(`Bearer ${UPSTREAM_KEYS.openai}`);
    expect((await mesh.rows("pass-1"))[0]).toMatchObject({
      route: "/v1/responses",
      provider: "openai",
      status: 201,
      attempts: 1,
    });

    await fetch(new URL("/v1/files/file-1", mesh.url), { method: "DELETE", headers: { "x-auth-token": TOKEN } });
    expect(mesh.upstream.requests[1]).toMatchObject({ method: "DELETE", url: "/openai/v1/files/file-1", text: "" });
  });

  test.each(["/v1/embeddings", "/v1/responses"])(
    "an answer of %s above what one RPC call carries arrives whole",
    async (path) => {
      const embedding = "A".repeat(16_384);
      const data = Array.from({ length: 2_048 }, (_, index) => ({ object: "embedding", index, embedding }));
      const answer = JSON.stringify({ object: "list", data, usage: { prompt_tokens: 9, total_tokens: 9 } });
      mesh.upstream.play(
        (_request, response) => void response.writeHead(200, { "content-type": "application/json" }).end(answer),
      );
      const response = await mesh.post(path, { model: "text-embedding-3-large", input: "x" });
      expect(response.status).toBe(200);
      expect((await response.text()) === answer).toBe(true);
    },
  );

  test("an opened path goes to the upstream that the body names, and to nobody else", async () => {
    mesh.upstream.play((_request, response) => json(response, 200, { id: "resp_1" }));
    vllm.play((_request, response) => json(response, 200, { id: "resp_2" }));
    const named = await mesh.post("/v1/responses", { provider: "vllm", model: "qwen3", input: "x" });
    expect(await named.json()).toEqual({ id: "resp_2" });
    expect(named.headers.get("x-gateway-provider")).toBe("vllm");
    expect(vllm.requests.at(-1)).toMatchObject({ url: "/v1/responses", text: '{"model":"qwen3","input":"x"}' });
    for (const [field, value] of [
      ["provider", "gemini"],
      ["provider", "acme"],
      ["provider", 7],
      ["fallbacks", ["vllm/qwen3"]],
    ] as const) {
      const refused = await mesh.post("/v1/responses", { input: "x", [field]: value });
      expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param: field } }]);
    }
    expect(mesh.upstream.requests).toHaveLength(0);
  });

  test.each([true, false])("AI Gateway's log id is in the record, streamed: %s", async (stream) => {
    mesh.upstream.play((request, response) => {
      response.setHeader("cf-aig-log-id", "log-1");
      return answerAsProvider(request, response);
    });
    const requestId = `logged-${stream}`;
    const response = await mesh.post(
      "/v1/chat/completions",
      { model: "gpt4", messages, stream },
      { "x-request-id": requestId },
    );
    await response.text();
    expect((await mesh.rows(requestId))[0]?.gateway_log_id).toBe("log-1");
  });

  test("an opened path and an exact count end in their time too", async () => {
    mesh.upstream.play(() => {}); // never answers
    const routing = { timeout_ms: 300 };
    const count = { model: "gemini-2.5-flash", exact: true, messages, routing };
    for (const [path, body] of [
      ["/v1/responses", { input: "x", routing }],
      ["/v1/tokenize", count],
    ] as const) {
      const response = await mesh.post(path, body);
      expect([response.status, await response.json()]).toMatchObject([504, { error: { code: "upstream_timeout" } }]);
    }
    mesh.upstream.play((_request, response) =>
      json(
        response,
        429,
        { error: { code: 429, message: "slow down", status: "RESOURCE_EXHAUSTED" } },
        { "retry-after": "7" },
      ),
    );
    const limited = await mesh.post("/v1/tokenize", count);
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "7"]);
  });

  test("APIs in beta get the header that they want, on opened paths only", async () => {
    mesh.upstream.play((_request, response) => json(response, 200, { id: "file-1" }));
    await mesh.post("/v1/files", { a: 1 }, { "openai-beta": "assistants=v2", "openai-organization": "org-1" });
    const [sent] = mesh.upstream.requests;
    expect(sent?.headers["openai-beta"]).toBe("assistants=v2");
    expect(sent?.headers["openai-organization"]).toBeUndefined();
  });

  test.each(["/v1/assistants", "/v1/responsesX", "/v1/responses/../assistants", "/v1/responses/%2e%2e/assistants"])(
    "%s is not open: 404",
    async (path) => {
      const response = await mesh.post(path, {});
      expect(response.status).toBe(404);
      expect(mesh.upstream.requests).toHaveLength(0);
    },
  );

  test.each([
    ["GET", "", 200],
    ["HEAD", "", 200],
    ["GET", "{}", 400],
    ["DELETE", "{}", 200],
  ])("a %s of an open path with the body %j is a %i", async (method, body, status) => {
    mesh.upstream.play((_request, response) => json(response, 200, { id: "file-1" }));
    const headers = { "x-auth-token": TOKEN, "content-type": "application/json", "content-length": body.length };
    const asked = request(new URL("/v1/files/file-1", mesh.url).href, { method, headers });
    asked.end(body);
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(status);
    expect(mesh.upstream.requests.map(({ method, text }) => [method, text])).toEqual(
      status === 200 ? [[method, body]] : [],
    );
  });

  test("an open path without a token is a 401", async () => {
    const response = await mesh.post("/v1/responses", {}, { authorization: "" });
    expect(response.status).toBe(401);
  });
});

describe("an opened path", () => {
  test.each([
    ["compressed JSON", "application/json", gzipSync('{"input":"hi"}'), "gzip"],
    ["JSON that is not UTF-8", "application/json", Buffer.from('{"input":"caf\xe9"}', "latin1"), undefined],
    ["a file", "application/octet-stream", Buffer.from([0, 255, 128, 10]), undefined],
  ])("gets %s byte for byte", async (_name, type, body, coding) => {
    const headers = { "content-type": type, ...(coding !== undefined && { "content-encoding": coding }) };
    const { status } = await mesh.post("/v1/files", body, headers);
    expect(status).not.toBe(415);
    const sent = mesh.upstream.requests.at(-1);
    expect(sent?.base64).toBe(body.toString("base64"));
    expect(sent?.headers).toMatchObject({ "content-type": type });
    expect(sent?.headers["content-encoding"]).toBe(coding);
  });

  test("says of another provider's model that it is not served there, and asks nobody", async () => {
    const response = await mesh.post("/v1/responses", { model: "gemini-2.5-flash", input: "hi" });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { code: "model_not_found", param: "model", message: expect.stringContaining("gemini's") },
    });
    expect(mesh.upstream.requests).toHaveLength(0);
  });
});

describe.each([
  ["cloudflare", "llama4"],
  ["gemini", "gemini-2.5-flash"],
])("functions of the form before tools, at %s", (provider, model) => {
  const body = {
    provider,
    model,
    messages: [
      ...messages,
      { role: "assistant", content: null, function_call: { name: "weather", arguments: "null" } },
      { role: "function", name: "weather", content: "rain" },
    ],
    functions: [{ name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } }],
    function_call: { name: "weather" },
  };

  test("are called, and the call comes in that form, whole", async () => {
    const { choices } = await mesh.client.chat.completions.create(body as never);
    expect(choices[0]).toMatchObject({
      finish_reason: "function_call",
      message: { function_call: { name: "weather", arguments: '{"city":"Oslo"}' } },
    });
    expect(choices[0]?.message.tool_calls).toBeUndefined();
  });

  test("are called, and the call comes in that form, streamed", async () => {
    const stream = mesh.client.chat.completions.stream({ ...body, stream: true } as never);
    const { choices } = await stream.finalChatCompletion();
    expect(choices[0]).toMatchObject({
      finish_reason: "function_call",
      message: { function_call: { name: "weather", arguments: '{"city":"Oslo"}' } },
    });
  });
});
