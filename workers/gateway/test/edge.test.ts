import { describe, expect, test } from "vitest";
import { authenticate, presentedToken } from "../src/access/owner-token.ts";
import { allowOrigin } from "../src/entry/cors.ts";
import { readTrustedProps } from "../src/entry/trusted-props.ts";
import { readJson } from "../src/request/body.ts";
import { readSession, requestIdOf, type Session, sessionCookie } from "../src/request/identity.ts";
import { validate } from "../src/request/schemas.ts";
import { traceIdOf, traceparentFor, traceparentOf } from "../src/request/trace.ts";
import { readSettings } from "../src/settings/settings.ts";

describe("a token", () => {
  test.each([
    ["X-AUTH-TOKEN", { "x-auth-token": "abc" }, "abc"],
    ["Bearer", { authorization: "Bearer abc" }, "abc"],
    ["bearer in small letters", { authorization: "bearer abc" }, "abc"],
    ["both: our own header first", { "x-auth-token": "own", authorization: "Bearer other" }, "own"],
    ["another scheme", { authorization: "Basic abc" }, null],
    ["Bearer with nothing", { authorization: "Bearer " }, null],
    ["Bearer, blanks and all", { authorization: "  Bearer   abc def " }, "abc def"],
    ["a word that begins as Bearer", { authorization: "Bearerabc" }, null],
    ["a scheme with Bearer behind it", { authorization: "Basic bearer abc" }, null],
    ["none", {}, null],
  ])("is read from %s", (_, headers, token) => {
    expect(presentedToken(new Headers(headers as Record<string, string>))).toBe(token);
  });
});

describe("a session", () => {
  test("comes from the header before the cookie", () => {
    expect(readSession(new Headers({ "x-session-id": "a", cookie: "session_id=b" }))).toEqual({
      session: { id: "a", known: true },
      fault: null,
    });
    expect(readSession(new Headers({ cookie: "x=1; session_id=b" }))).toMatchObject({
      session: { id: "b", known: true },
    });
  });

  test.each([
    [{ "x-session-id": "a b" }, "X-Session-Id"],
    [{ "x-session-id": "a b", cookie: "session_id=a" }, "X-Session-Id"],
    [{ cookie: "session_id=a=b" }, "session_id"],
  ])("that is malformed is named by its place: %j", (headers, param) => {
    expect(readSession(new Headers(headers as Record<string, string>)).fault).toMatchObject({ status: 400, param });
  });

  test("is new when none is given", () => {
    const {
      session: { id, known },
      fault,
    } = readSession(new Headers());
    expect([known, fault]).toEqual([false, null]);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test.each(["", "a b", "ü", "a".repeat(129), "../x", 'a"b'])("that is malformed is refused: %j", (id) => {
    const { session, fault } = readSession(
      new Headers({ cookie: `session_id=${encodeURI(id)}${id === "" ? "" : "%"}` }),
    );
    expect(fault).toMatchObject({ status: 400, code: "invalid_session_id", param: "session_id" });
    expect(session).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), known: false });
  });

  test("is told to browsers as a cookie, and to them only", () => {
    const fresh = { id: "s", known: false };
    const cookie = (url: string, headers: Record<string, string>, session: Session) =>
      sessionCookie(new Headers(headers), new URL(url), session);
    expect(cookie("https://x/", { origin: "https://app" }, fresh)).toBe(
      "session_id=s; Path=/; HttpOnly; SameSite=Lax; Secure",
    );
    expect(cookie("http://x/", { "sec-fetch-mode": "cors" }, fresh)).not.toContain("Secure");
    expect(cookie("https://x/", {}, fresh)).toBeNull();
    expect(cookie("https://x/", { origin: "https://app" }, { id: "s", known: true })).toBeNull();
  });
});

test("a request id is taken when it is well formed, else a new one is made", () => {
  expect(requestIdOf(new Headers({ "x-request-id": "req_1.a-b" }))).toBe("req_1.a-b");
  expect(requestIdOf(new Headers({ "x-request-id": "a b" }))).toMatch(/^[0-9a-f-]{36}$/);
});

describe("a body", () => {
  const post = (body: BodyInit, type = "application/json", more: Record<string, string> = {}) => {
    const init = { method: "POST", body, headers: { "content-type": type, ...more }, duplex: "half" };
    return readJson(new Request("https://x/", init as RequestInit), 20);
  };

  test.each(["application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"])(
    "of type %s is read",
    async (type) => {
      await expect(post('{"a":1}', type)).resolves.toEqual({ text: '{"a":1}', value: { a: 1 } });
    },
  );

  test.each(["text/plain", "application/jsonp", "", "multipart/form-data", "x-application/json"])(
    "of type %j is a 415",
    async (type) => {
      await expect(post("{}", type)).rejects.toMatchObject({
        status: 415,
        code: "unsupported_media_type",
        param: "content-type",
      });
    },
  );

  test("of the limit's size is read, and one byte more is a 413, declared or not", async () => {
    const text = (bytes: number) => `{"a":"${"x".repeat(bytes - 8)}"}`;
    for (const declared of [true, false]) {
      const sent = (bytes: number) =>
        post(text(bytes), "application/json", declared ? { "content-length": `${bytes}` } : {});
      await expect(sent(20)).resolves.toMatchObject({ text: text(20) });
      await expect(sent(21)).rejects.toMatchObject({ status: 413, code: "request_too_large" });
    }
  });

  test.each(["{", "", "null", "[]", '"x"', "1"])("that is no JSON object is a 400: %j", async (body) => {
    await expect(post(body)).rejects.toMatchObject({ status: 400, code: "invalid_json" });
  });

  test("whose size is not declared is cut off at the limit", async () => {
    const stream = new Blob([`{"a":"${"x".repeat(50)}"}`]).stream();
    await expect(post(stream)).rejects.toMatchObject({ status: 413, code: "request_too_large" });
  });

  test("that breaks off is a client that left, not a fault of ours", async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"a":'));
      },
      pull(controller) {
        controller.error(new Error("Network connection lost."));
      },
    });
    await expect(post(stream)).rejects.toMatchObject({ status: 499, code: "client_closed_request" });
  });

  test("with a character cut between two chunks is read whole", async () => {
    const bytes = new TextEncoder().encode('{"a":"é"}');
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes.slice(0, 7));
        controller.enqueue(bytes.slice(7));
        controller.close();
      },
    });
    await expect(post(stream)).resolves.toMatchObject({ value: { a: "é" } });
  });
});

describe("a field that is wrong is named", () => {
  const messages = [{ role: "user", content: "hi" }];
  test.each([
    ["messages", {}, "missing_required_parameter"],
    ["messages", { messages: "hi" }, "invalid_type"],
    ["messages", { messages: [] }, "invalid_value"],
    ["messages[0]", { messages: ["hi"] }, "invalid_type"],
    ["messages[1].role", { messages: [...messages, { content: "x" }] }, "missing_required_parameter"],
    ["messages[0].content", { messages: [{ role: "user", content: 5 }] }, "invalid_type"],
    ["messages[0].content[1]", { messages: [{ role: "user", content: [{ type: "text" }, "x"] }] }, "invalid_type"],
    ["messages[0]", { messages: [[]] }, "invalid_type"],
    ["tools[0]", { messages, tools: [[]] }, "invalid_type"],
    ["stream_options", { messages, stream_options: [] }, "invalid_type"],
    ["temperature", { messages, temperature: "hot" }, "invalid_type"],
    ["max_tokens", { messages, max_tokens: "9" }, "invalid_type"],
    ["n", { messages, n: [1] }, "invalid_type"],
    ["stream", { messages, stream: "yes" }, "invalid_type"],
    ["stop", { messages, stop: 5 }, "invalid_type"],
    ["tools", { messages, tools: {} }, "invalid_type"],
    ["response_format.type", { messages, response_format: {} }, "missing_required_parameter"],
    ["model", { messages, model: 4 }, "invalid_type"],
    ["model", { messages, model: "gpt-4\nx-injected: 1" }, "invalid_value"],
    ["model", { messages, model: "half \ud83d" }, "invalid_value"],
    ["provider", { messages, provider: "" }, "invalid_value"],
    ["fallbacks", { messages, fallbacks: "gpt-4" }, "invalid_type"],
    ["fallbacks[0]", { messages, fallbacks: [5] }, "invalid_type"],
    ["fallbacks[0].provider", { messages, fallbacks: [{ model: "gpt-4" }] }, "missing_required_parameter"],
    ["fallbacks[1].model", { messages, fallbacks: ["llama4", { provider: "openai", model: 5 }] }, "invalid_type"],
    ["fallbacks[0].mdoel", { messages, fallbacks: [{ provider: "openai", mdoel: "x" }] }, "unknown_parameter"],
    ["routing", { messages, routing: [] }, "invalid_type"],
    ["routing.max_attempts", { messages, routing: { max_attempts: 0 } }, "invalid_value"],
    ["routing.max_attempts", { messages, routing: { max_attempts: 11 } }, "invalid_value"],
    ["routing.timeout_ms", { messages, routing: { timeout_ms: -1 } }, "invalid_value"],
    ["routing.timeout_ms", { messages, routing: { timeout_ms: 3_600_001 } }, "invalid_value"],
    ["routing.first_byte_timeout_ms", { messages, routing: { first_byte_timeout_ms: 0.5 } }, "invalid_value"],
    ["routing.hedge_after_ms", { messages, routing: { hedge_after_ms: 0 } }, "invalid_value"],
    ["fallbacks", { messages, fallbacks: Array(6).fill("llama4") }, "invalid_value"],
    ["routing.retries", { messages, routing: { retries: 1 } }, "unknown_parameter"],
  ])("%s in %j", (param, body, code) => {
    expect(() => validate("chat", body)).toThrow(expect.objectContaining({ status: 400, param, code }));
  });

  const wrong = { a: 1 };
  test.each([
    [
      "chat",
      ["top_p", "presence_penalty", "frequency_penalty", "max_completion_tokens", "stop", "parallel_tool_calls"],
    ],
    ["chat", ["logprobs", "model", "provider", "fallbacks"]],
    ["completion", ["prompt", "echo", "temperature", "n", "stop", "model", "routing"]],
    ["embedding", ["input", "encoding_format", "dimensions", "model", "routing"]],
    ["moderation", ["input", "model", "routing"]],
    ["routable", ["model", "provider", "fallbacks", "routing"]],
  ] as const)("of a %s: %j", (kind, names) => {
    const body = { messages, prompt: "a", input: "a" };
    for (const name of names) {
      const param = name === "routing" ? "routing.a" : name;
      expect(() => validate(kind, { ...body, [name]: wrong }), name).toThrow(
        expect.objectContaining({ status: 400, param }),
      );
    }
  });

  test.each([
    ["messages[0].tool_calls", { messages: [{ role: "assistant", tool_calls: {} }] }],
    ["messages[0].tool_calls[0]", { messages: [{ role: "assistant", tool_calls: ["x"] }] }],
    ["stream_options.include_usage", { messages, stream_options: { include_usage: "yes" } }],
    ["seed", { messages, seed: "7" }],
    ["tool_choice", { messages, tool_choice: 5 }],
    ["model", { messages, model: "m".repeat(257) }],
  ])("inside a chat: %s", (param, body) => {
    expect(() => validate("chat", body)).toThrow(expect.objectContaining({ status: 400, param }));
  });

  test.each([
    ["chat", "tool_choice", ["auto", { type: "function" }]],
    ["chat", "stop", ["x", ["x", "y"]]],
    ["chat", "model", ["m".repeat(256)]],
    ["completion", "prompt", ["a", ["a", "b"], [1, 2], [[1], [2]], null]],
    ["embedding", "input", ["a", ["a", "b"], [1, 2], [[1], [2]]]],
    ["embedding", "encoding_format", ["float", "base64", null]],
    ["moderation", "input", ["a", ["a", "b"], [{ type: "text", text: "a" }]]],
  ] as const)("and every form that OpenAI has for it passes: %s, %s", (kind, name, values) => {
    for (const value of values) {
      const body = { messages, input: "a", [name]: value };
      expect(validate(kind, body)).toMatchObject(body);
    }
  });

  test("and what is at its bound passes", () => {
    const routing = { max_attempts: 10, timeout_ms: 3_600_000, first_byte_timeout_ms: 1, hedge_after_ms: 1 };
    const body = { messages, max_tokens: 1, n: 1, fallbacks: Array(5).fill("llama4"), routing };
    expect(validate("chat", body)).toMatchObject(body);
  });

  test("and what we do not know passes", () => {
    const body = {
      messages: [{ role: "new-role", content: [{ type: "new-part" }], x: 1 }],
      new_field: { a: 1 },
      temperature: 99,
      stop: null,
    };
    expect(validate("chat", body)).toMatchObject(body);
  });

  test.each([
    ["chat", "max_tokens", [0, -1, 1e12]],
    ["chat", "max_completion_tokens", [0, -1]],
    ["chat", "n", [0, 200]],
    ["chat", "seed", [-1, 2 ** 70, 0.5]],
    ["chat", "logprobs", [true, 5, 0]],
    ["chat", "top_logprobs", [-1, 50]],
    ["completion", "max_tokens", [0, -1]],
    ["completion", "logprobs", [20, -1]],
    ["embedding", "dimensions", [0, -1]],
    ["embedding", "encoding_format", ["float", "base64", "bytes"]],
    ["embedding", "input", [[{ image: "https://x.y/a.png" }, { text: "a" }]]],
  ] as const)("a limit that not every provider has is left to the provider: %s, %s %j", (kind, name, values) => {
    for (const value of values) {
      const body = { messages, prompt: "a", input: "a", [name]: value };
      expect(validate(kind, body)).toMatchObject(body);
    }
  });

  test.each([
    ["input", {}],
    ["input", { input: [] }],
    ["encoding_format", { input: "x", encoding_format: 5 }],
    ["dimensions", { input: "x", dimensions: "many" }],
  ])("of an embedding: %s in %j", (param, body) => {
    expect(() => validate("embedding", body)).toThrow(expect.objectContaining({ status: 400, param }));
  });
});

test("a setting that is missing or out of range has its default", () => {
  expect(readSettings({})).toMatchObject({
    defaultProvider: "cloudflare",
    allowedOrigins: new Set(),
    maxBodyBytes: 26_214_400,
    fault: null,
  });
  expect(readSettings({ MAX_BODY_BYTES: "99999999999", ALLOWED_ORIGINS: "https://a, https://b" })).toMatchObject({
    maxBodyBytes: 27 * 1024 * 1024,
    allowedOrigins: new Set(["https://a", "https://b"]),
  });
});

test("opened paths count however their owner wrote them", () => {
  const list = "/responses, v1/files/,/v1/batches,, //images";
  expect(readSettings({ PASSTHROUGH_PATHS: list }).passthroughPaths).toEqual([
    "/responses",
    "/files",
    "/batches",
    "/images",
  ]);
  expect(readSettings({}).passthroughPaths).toEqual([]);
});

test("a mistake in ROUTING is the owner's, and leaves the other settings as they are", () => {
  const settings = readSettings({ ROUTING: "{", DEFAULT_PROVIDER: " openai ", MAX_BODY_BYTES: "1" });
  expect(settings).toMatchObject({ defaultProvider: "openai", maxBodyBytes: 1 });
  expect(settings.policy).toEqual(readSettings({}).policy);
  expect(settings.fault).toMatchObject({
    status: 503,
    code: "not_configured",
    message: expect.stringContaining("ROUTING"),
  });
});

test.each(["25MB", "-1", "0.5", "Infinity"])("MAX_BODY_BYTES=%s is the owner's mistake, and is named", (limit) => {
  expect(readSettings({ MAX_BODY_BYTES: limit }).fault).toMatchObject({
    status: 503,
    code: "not_configured",
    message: expect.stringContaining("MAX_BODY_BYTES"),
  });
});

test("a list of paths or origins may be a JSON list, as wrangler's vars may", () => {
  const vars: Record<string, unknown> = {
    PASSTHROUGH_PATHS: ["/responses", "/files"],
    ALLOWED_ORIGINS: ["https://a", "https://b"],
  };
  expect(readSettings(vars)).toMatchObject({
    passthroughPaths: ["/responses", "/files"],
    allowedOrigins: new Set(["https://a", "https://b"]),
  });
});

test("an origin counts however its owner wrote it", () => {
  for (const origin of ["https://App.example", "https://app.example/", "https://app.example//"]) {
    expect(readSettings({ ALLOWED_ORIGINS: origin }).allowedOrigins).toEqual(new Set(["https://app.example"]));
  }
});

describe("the secret AUTH_TOKEN", () => {
  const ask = (token: string, secret: string | undefined) =>
    authenticate(new Request("https://x/", { headers: { "x-auth-token": token } }), secret);

  test.each([undefined, "", " \n"])("that says nothing (%j) opens nothing", async (secret) => {
    for (const token of ["", " ", "undefined"])
      await expect(ask(token, secret)).rejects.toMatchObject({ status: 503, code: "not_configured" });
  });
});

describe("the props of a trusted Worker's binding", () => {
  test("name the caller and its limits", () => {
    expect(readTrustedProps({ caller: "billing", routing: { max_attempts: 2 } })).toEqual({
      name: "billing",
      limits: { max_attempts: 2 },
    });
    for (const none of [undefined, null, {}, { caller: "" }])
      expect(readTrustedProps(none)).toEqual({ name: "trusted" });
  });

  test.each([
    [{ caller: 5 }, "props.caller"],
    [{ routing: { max_attempts: "2" } }, "props.routing.max_attempts"],
    [{ routing: { max_attempts: 0 } }, "props.routing.max_attempts"],
    [{ routing: { timeout_ms: -1 } }, "props.routing.timeout_ms"],
    [{ routing: { max_atempts: 2 } }, "props.routing.max_atempts"],
    [{ routing: [] }, "props.routing"],
    [{ routing: null }, "props.routing"],
  ])("that are wrong serve nobody, rather than without limits: %j", (props, path) => {
    const { fault, limits } = readTrustedProps(props);
    expect(limits).toBeUndefined();
    expect(fault).toMatchObject({ status: 503, code: "not_configured", message: expect.stringContaining(path) });
  });
});

describe("an answer to a browser", () => {
  const answer = (allowed: string, origin: string | null) => {
    const headers = new Headers();
    const asked = new Request("https://gateway/", { headers: origin === null ? {} : { origin } });
    allowOrigin(asked, headers, readSettings({ ALLOWED_ORIGINS: allowed }));
    return Object.fromEntries([...headers].filter(([name]) => name !== "access-control-expose-headers"));
  };

  test("of an origin that is named may be read, with cookies", () => {
    expect(answer("https://app.example", "https://app.example")).toEqual({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-credentials": "true",
      vary: "Origin",
    });
  });

  test("shows what its SDK and its page go by", () => {
    const headers = new Headers();
    const asked = new Request("https://gateway/", { headers: { origin: "https://app.example" } });
    allowOrigin(asked, headers, readSettings({ ALLOWED_ORIGINS: "*" }));
    expect(headers.get("access-control-expose-headers")?.split(", ").toSorted()).toEqual([
      "retry-after",
      "retry-after-ms",
      "server-timing",
      "x-gateway-attempts",
      "x-gateway-ignored",
      "x-gateway-model",
      "x-gateway-provider",
      "x-request-id",
      "x-session-id",
      "x-should-retry",
    ]);
  });

  test("of any origin may be read where all are allowed, but without cookies", () => {
    expect(answer("*", "https://evil.example")).toEqual({
      "access-control-allow-origin": "https://evil.example",
      vary: "Origin",
    });
  });

  test("of another origin may not, and no cache may mistake one for the other", () => {
    expect(answer("https://app.example", "https://evil.example")).toEqual({ vary: "Origin" });
    expect(answer("", "https://evil.example")).toEqual({});
    expect(answer("*", null)).toEqual({});
  });
});

test("all that a request asks are of one trace", () => {
  const call = { request: new Request("https://gateway/"), traceparent: null };
  const first = traceparentFor(call);
  expect(traceparentFor(call)).toBe(first);
  expect(traceIdOf(first)).toMatch(/^[0-9a-f]{32}$/);
});

test("a trace goes on with a span of ours; a malformed one is replaced", () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const next = traceparentOf(new Headers({ traceparent: `00-${trace}-b7ad6b7169203331-00` }));
  expect(next).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`));
  expect(next).not.toContain("b7ad6b7169203331");
  const later = traceparentOf(new Headers({ traceparent: `01-${trace}-b7ad6b7169203331-01-more` }));
  expect(later).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  for (const bad of [
    "",
    "x",
    `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
    `00-${trace.toUpperCase()}-b7ad6b7169203331-01`,
    `00-${trace}-b7ad6b7169203331-01-more`,
    `ff-${trace}-b7ad6b7169203331-01`,
  ]) {
    const fresh = traceparentOf(new Headers({ traceparent: bad }));
    expect(fresh).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(fresh).not.toContain(trace);
  }
});
