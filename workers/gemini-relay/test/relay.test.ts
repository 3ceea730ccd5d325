import type { RelayReply, RelayRequest, StreamReply, WholeReply } from "@ai-proxy/shared/contract/relay";
import { isStreamReply } from "@ai-proxy/shared/contract/relay";
import { ApiError } from "@ai-proxy/shared/errors";
import { Attempt, runAttempt } from "@ai-proxy/shared/upstream/attempt";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { chat } from "../src/chat.ts";
import { completions } from "../src/completions.ts";
import { countTokens } from "../src/count-tokens.ts";
import { embed } from "../src/embed.ts";
import { GeminiApi, GeminiSettings, type Settings } from "../src/upstream.ts";
import { candidate, sse } from "./helpers.ts";

/** What Gemini was asked. */
interface Asked {
  url: string;
  headers: Headers;
  body: unknown;
  redirect: unknown;
  signal: AbortSignal;
}

let asked: Asked[] = [];
let answers: ((signal: AbortSignal) => Response)[] = [];
const waiting: Promise<unknown>[] = [];
const waitUntil = (promise: Promise<unknown>) => waiting.push(promise);

beforeEach(() => {
  asked = [];
  answers = [];
  // Node has no such class; what matters here is that it passes bytes on.
  vi.stubGlobal("IdentityTransformStream", TransformStream);
  vi.stubGlobal("fetch", async (url: string, init: RequestInit & { signal: AbortSignal }) => {
    asked.push({
      url,
      headers: new Headers(init.headers),
      body: JSON.parse(String(init.body)),
      redirect: init.redirect,
      signal: init.signal,
    });
    const answer = answers.shift();
    if (answer === undefined) throw new TypeError("connection refused");
    return answer(init.signal);
  });
});

afterEach(() => vi.unstubAllGlobals());

const withSettings = (settings: Settings = {}) =>
  new GeminiSettings({ GEMINI_API_KEY: "key-1", GEMINI_BASE_URL: "http://127.0.0.1:1/v1beta/", ...settings });

const api = (settings: Settings = {}) => new GeminiApi(withSettings(settings), new Attempt(request(HELLO)));

function request(body: object, rest: Partial<RelayRequest> = {}): RelayRequest {
  return {
    body: JSON.stringify(body),
    model: "gemini-2.5-flash",
    requestedModel: "gemini-pro",
    requestId: "req-1",
    sessionId: "ses-1",
    stream: false,
    includeUsage: false,
    ...rest,
  };
}

/** POST /v1/completions as the Worker answers it. */
const attempted = (asking: RelayRequest) =>
  runAttempt<RelayReply>(asking, (attempt) => completions(asking, new GeminiApi(withSettings(), attempt), waitUntil));

const HELLO = { messages: [{ role: "user", content: "Hi" }] };
const json =
  (value: unknown, status = 200, headers = {}) =>
  () =>
    Response.json(value, { status, headers });
const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 };
const answer = (text: string) =>
  json({ ...candidate([{ text }], { finishReason: "STOP" }), usageMetadata, modelVersion: "v1" });
const streamed =
  (...events: unknown[]) =>
  () =>
    new Response(sse(...events), { headers: { "content-type": "text/event-stream" } });

function whole(reply: RelayReply): WholeReply {
  if (isStreamReply(reply)) throw new Error("a stream");
  return reply;
}

function stream(reply: RelayReply): StreamReply {
  if (!isStreamReply(reply)) throw new Error(`no stream: ${reply.body}`);
  return reply;
}

const parsed = (reply: WholeReply): unknown => JSON.parse(String(reply.body));

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof ApiError) return thrown;
  throw new Error(`no ApiError: ${String(thrown)}`);
}

/** How an attempt at a chat ends, as the gateway is told. */
async function attemptAt(settings: GeminiSettings, rest: Partial<RelayRequest> = {}): Promise<WholeReply> {
  const asking = request(HELLO, rest);
  return whole(await runAttempt(asking, (attempt) => chat(asking, new GeminiApi(settings, attempt), waitUntil)));
}

const keysAsked = () => asked.map(({ headers }) => headers.get("x-goog-api-key"));

describe("a call", () => {
  test("goes to the model's URL with the key in a header, follows no redirect, and is answered", async () => {
    answers = [answer("Hello")];
    const reply = await attemptAt(withSettings(), { traceparent: "00-1-2-01" });
    expect(asked).toMatchObject([
      {
        url: "http://127.0.0.1:1/v1beta/models/gemini-2.5-flash:generateContent",
        body: { contents: [{}] },
        redirect: "manual",
      },
    ]);
    expect(asked[0]?.headers.get("x-goog-api-key")).toBe("key-1");
    expect(asked[0]?.headers.get("traceparent")).toBe("00-1-2-01");
    expect(reply).toMatchObject({ status: 200, servedModel: "v1", usage: { promptTokens: 3 } });
    expect(parsed(reply)).toMatchObject({
      id: "chatcmpl-req-1",
      model: "gemini-pro",
      choices: [{ message: { content: "Hello" } }],
    });
  });

  test("without a key is not made: 503 that names the secret", async () => {
    const error = await failure(chat(request(HELLO), api({ GEMINI_API_KEY: undefined }), waitUntil));
    expect(error).toMatchObject({
      status: 503,
      code: "not_configured",
      message: "The secret GEMINI_API_KEY is not set.",
    });
    expect(asked).toEqual([]);
  });

  test.each(["http://example.com", "ftp://x", "nonsense", "https://user:pass@x.y"])(
    "to %s is not made: keys go to https or this machine only",
    async (url) => {
      const error = await failure(chat(request(HELLO), api({ GEMINI_BASE_URL: url }), waitUntil));
      expect(error).toMatchObject({ status: 503, code: "not_configured" });
      expect(error.message).toContain("GEMINI_BASE_URL");
      expect(asked).toEqual([]);
    },
  );

  test("of a model that is no model id is not made", async () => {
    expect(await failure(chat(request(HELLO, { model: "../../x" }), api(), waitUntil))).toMatchObject({
      status: 404,
      code: "model_not_found",
    });
    expect(asked).toEqual([]);
  });

  test("with a message at fault is not made", async () => {
    const orphan = { messages: [{ role: "tool", tool_call_id: "x", content: "y" }] };
    expect(await failure(chat(request(orphan), api(), waitUntil))).toMatchObject({ status: 400 });
    expect(asked).toEqual([]);
  });

  test("behind Cloudflare's AI Gateway carries its token and the ids, elsewhere never", async () => {
    answers = [answer("a"), answer("b")];
    const base = "https://gateway.ai.cloudflare.com/v1/acc/gw/google-ai-studio/v1beta";
    await chat(request(HELLO), api({ GEMINI_BASE_URL: base, CF_AIG_TOKEN: "aig" }), waitUntil);
    await chat(request(HELLO), api({ CF_AIG_TOKEN: "aig" }), waitUntil);
    expect(asked[0]?.url).toBe(`${base}/models/gemini-2.5-flash:generateContent`);
    expect(asked[0]?.headers.get("cf-aig-authorization")).toBe("Bearer aig");
    expect(JSON.parse(asked[0]?.headers.get("cf-aig-metadata") ?? "")).toEqual({
      session_id: "ses-1",
      request_id: "req-1",
    });
    expect([...(asked[1]?.headers.keys() ?? [])].filter((name) => name.startsWith("cf-"))).toEqual([]);
  });

  describe("through an AI Gateway that stores the key", () => {
    const stored = {
      GEMINI_API_KEY: undefined,
      GEMINI_BASE_URL: "https://gateway.ai.cloudflare.com/v1/acct/gw/google-ai-studio/v1beta",
      CF_AIG_TOKEN: "aig",
    };

    test("brings the gateway's token and no key", async () => {
      answers = [answer("a")];
      expect(withSettings(stored).configured).toBe(true);
      await chat(request(HELLO), api(stored), waitUntil);
      expect(asked[0]?.headers.get("cf-aig-authorization")).toBe("Bearer aig");
      expect(asked[0]?.headers.has("x-goog-api-key")).toBe(false);
    });

    test("that is refused leaves no key to try", async () => {
      answers = [json({ error: { code: 401, message: "no key stored" } }, 401)];
      const { status, failure } = await attemptAt(withSettings(stored));
      expect({ status, failure }).toEqual({
        status: 502,
        failure: { condition: "auth", code: "provider_auth_error", upstreamStatus: 401 },
      });
    });

    test("brings a key all the same where there is one", async () => {
      answers = [answer("a")];
      await chat(request(HELLO), api({ ...stored, GEMINI_API_KEY: "key-1" }), waitUntil);
      expect(asked[0]?.headers.get("x-goog-api-key")).toBe("key-1");
    });

    test.each([
      ["without the gateway's token", { ...stored, CF_AIG_TOKEN: "" }],
      ["elsewhere", { ...stored, GEMINI_BASE_URL: "https://gateway.ai.cloudflare.com.example/v1beta" }],
      ["with a base URL that is none", { ...stored, GEMINI_BASE_URL: "nonsense" }],
      ["at Google", { ...stored, GEMINI_BASE_URL: undefined }],
    ])("%s there is none: 503", async (_, settings) => {
      expect(withSettings(settings).configured).toBe(false);
      expect(await failure(chat(request(HELLO), api(settings), waitUntil))).toMatchObject({ code: "not_configured" });
      expect(asked).toEqual([]);
    });
  });

  test("that cannot reach Gemini is a failure to fall back from", async () => {
    expect(await failure(chat(request(HELLO), api(), waitUntil))).toMatchObject({ status: 502, condition: "network" });
  });

  test("says in a header which fields Gemini has nothing for", async () => {
    answers = [answer("a"), streamed(candidate([{ text: "a" }], { finishReason: "STOP" }))];
    const body = { ...HELLO, user: "u", parallel_tool_calls: false, "x\r\ny": 1 };
    expect(whole(await chat(request(body), api(), waitUntil)).headers["x-gateway-ignored"]).toBe(
      "user, parallel_tool_calls",
    );
    const reply = stream(await chat(request(body, { stream: true }), api(), waitUntil));
    expect(reply.response.headers.get("x-gateway-ignored")).toBe("user, parallel_tool_calls");
    await reply.response.text();
  });

  test("none of Gemini's own headers reach the client", async () => {
    answers = [
      json({ ...candidate([{ text: "a" }], { finishReason: "STOP" }) }, 200, {
        "content-encoding": "identity",
        "server-timing": "x",
        "set-cookie": "a=b",
      }),
    ];
    expect(whole(await chat(request(HELLO), api(), waitUntil)).headers).toEqual({ "content-type": "application/json" });
  });
});

describe("SIGNATURES_IN_CALL_IDS", () => {
  const parts = [
    { functionCall: { name: "f", id: "g1" }, thoughtSignature: "c2ln" },
    { functionCall: { name: "f", id: "g2" } },
  ];
  const called = () => candidate(parts, { finishReason: "STOP" });

  test.each([
    ["true", ["g1__thought__c2ln", "g2"]],
    ["false", ["g1", "g2"]],
    ["", ["g1", "g2"]],
    [undefined, ["g1", "g2"]],
  ])("as %j gives ids of %j, whole and streamed, and extra_content as ever", async (value, ids) => {
    answers = [json(called()), streamed(called())];
    const gemini = api({ SIGNATURES_IN_CALL_IDS: value });
    const body: unknown = parsed(whole(await chat(request(HELLO), gemini, waitUntil)));
    expect(body).toMatchObject({
      choices: [
        {
          message: {
            tool_calls: [
              { id: ids[0], extra_content: { google: { thought_signature: "c2ln" } } },
              { id: ids[1], function: { name: "f" } },
            ],
          },
        },
      ],
    });
    const reply = stream(await chat(request(HELLO, { stream: true }), gemini, waitUntil));
    expect([...(await reply.response.text()).matchAll(/"id":"(g[^"]*)"/g)].map(([, id]) => id)).toEqual(ids);
  });

  test.each([false, true])("that is neither is a 503 that names it, before Gemini is asked; stream: %s", async (on) => {
    const gemini = api({ SIGNATURES_IN_CALL_IDS: "yes" });
    const error = await failure(chat(request(HELLO, { stream: on }), gemini, waitUntil));
    expect(error).toMatchObject({ status: 503, code: "not_configured" });
    expect(error.message).toContain("SIGNATURES_IN_CALL_IDS");
    expect(asked).toEqual([]);
  });
});

describe("keys", () => {
  const bad = json(
    { error: { code: 400, message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT" } },
    400,
  );

  test("that are refused rest, and each attempt takes another than those before it", async () => {
    vi.spyOn(console, "log").mockImplementation(() => {});
    const gemini = withSettings({ GEMINI_API_KEY: "key-1, key-2, key-3" });
    answers = [bad, bad, answer("ok"), answer("ok")];
    const first = await attemptAt(gemini);
    expect(first).toMatchObject({ status: 502, failure: { code: "provider_auth_error", key: 0, keysLeft: 2 } });
    const second = await attemptAt(gemini, { keySlot: 1, keysTried: [0] });
    expect(second).toMatchObject({ status: 502, failure: { key: 1, keysLeft: 1 } });
    expect(await attemptAt(gemini, { keySlot: 2, keysTried: [0, 1] })).toMatchObject({ status: 200 });
    await attemptAt(gemini);
    expect(keysAsked()).toEqual(["key-1", "key-2", "key-3", "key-3"]);
  });

  test.each([
    ["limited", json({ error: { code: 429, message: "slow" } }, 429)],
    ["refused", bad],
  ])("that are %s: two requests at a time each try both", async (_, fault) => {
    vi.spyOn(console, "log").mockImplementation(() => {});
    const gemini = withSettings({ GEMINI_API_KEY: "key-1,key-2" });
    answers = [fault, fault, fault, fault];
    const firsts = await Promise.all([attemptAt(gemini), attemptAt(gemini)]);
    const keys = firsts.map(({ failure }) => failure?.key ?? -1);
    expect(keys).toEqual([0, 1]);
    const seconds = await Promise.all(keys.map((key) => attemptAt(gemini, { keysTried: [key] })));
    expect(seconds).toMatchObject([{ failure: { key: 1, keysLeft: 0 } }, { failure: { key: 0, keysLeft: 0 } }]);
    expect(keysAsked()).toEqual(["key-1", "key-2", "key-2", "key-1"]);
  });

  test("of a gateway that says only how many were tried take turns", async () => {
    const gemini = withSettings({ GEMINI_API_KEY: "key-1,key-2" });
    const slow = json({ error: { code: 429, message: "slow" } }, 429);
    answers = [slow, slow];
    expect(await attemptAt(gemini, { keySlot: 0 })).toMatchObject({ failure: { keysLeft: 1 } });
    expect(await attemptAt(gemini, { keySlot: 1 })).toMatchObject({ failure: { keysLeft: 0 } });
    expect(keysAsked()).toEqual(["key-1", "key-2"]);
  });

  test("are one for all that an attempt asks", async () => {
    const gemini = withSettings({ GEMINI_API_KEY: "key-1,key-2" });
    answers = [answer("a"), answer("b")];
    const asking = request({ prompt: ["a", "b"] });
    await runAttempt(asking, (attempt) => completions(asking, new GeminiApi(gemini, attempt), waitUntil));
    expect(keysAsked()).toEqual(["key-1", "key-1"]);
  });

  test("a key that Google repeats is in no answer", async () => {
    answers = [json({ error: { code: 400, message: "not with key-1", status: "INVALID_ARGUMENT" } }, 400)];
    const refused = await failure(chat(request(HELLO), api(), waitUntil));
    expect(refused).toMatchObject({ status: 400, message: "not with [key]" });
  });

  test("a refused key is logged by its label, never by value", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    answers = [bad];
    await failure(chat(request(HELLO), api({ GEMINI_API_KEY: "secret-value" }), waitUntil));
    expect(JSON.stringify(log.mock.calls)).toContain("GEMINI_API_KEY#1");
    expect(JSON.stringify(log.mock.calls)).not.toContain("secret-value");
    log.mockRestore();
  });

  test.each([
    ["key-1", 0],
    ["key-1,key-2,key-3", 2],
  ])("at a rate limit leave the others to try: of %s, %i", async (keys, keysLeft) => {
    answers = [json({ error: { code: 429, message: "slow" } }, 429, { "retry-after": "7" })];
    const reply = await attemptAt(withSettings({ GEMINI_API_KEY: keys }));
    expect(reply).toMatchObject({ status: 429, failure: { retryAfterMs: 7_000, keysLeft } });
  });

  test("that rest are not ones to try when another is rate limited", async () => {
    vi.spyOn(console, "log").mockImplementation(() => {});
    const gemini = withSettings({ GEMINI_API_KEY: "key-1,key-2" });
    answers = [bad, json({ error: { code: 429, message: "slow" } }, 429)];
    await attemptAt(gemini);
    expect(await attemptAt(gemini)).toMatchObject({ failure: { condition: "rate_limited", key: 1, keysLeft: 0 } });
  });
});

describe("a stream", () => {
  const finished = candidate([{ text: "lo" }], { finishReason: "STOP" });

  test("of a version whose name no header can carry is an answer all the same", async () => {
    answers = [streamed({ ...candidate([{ text: "Hel" }]), modelVersion: "v\r\n1" }, finished)];
    const reply = stream(await chat(request(HELLO, { stream: true }), api(), waitUntil));
    expect(reply.response.headers.get("x-gateway-model")).toBe("v1");
    expect(await reply.response.text()).toContain('"content":"Hel"');
  });

  test("is asked for with alt=sse and answered as it comes, with the serving version in the header", async () => {
    answers = [streamed({ ...candidate([{ text: "Hel" }]), modelVersion: "v1" }, { ...finished, usageMetadata })];
    const reply = stream(await chat(request(HELLO, { stream: true }), api(), waitUntil));
    expect(asked[0]?.url).toBe("http://127.0.0.1:1/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
    expect(reply.response.headers.get("x-gateway-model")).toBe("v1");
    const text = await reply.response.text();
    expect(text.match(/data: \[DONE\]/g)).toHaveLength(1);
    expect(text).toContain('"content":"Hel"');
    expect(await reply.usage()).toMatchObject({
      end: "complete",
      usage: { promptTokens: 3 },
      usageEstimated: false,
      servedModel: "v1",
    });
  });

  test("that Gemini breaks off ends with an error event and no [DONE]", async () => {
    answers = [
      () => {
        const body = new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode(sse(candidate([{ text: "Hel" }]))));
          },
          pull(controller) {
            controller.error(new TypeError("reset"));
          },
        });
        return new Response(body);
      },
    ];
    const reply = stream(await chat(request(HELLO, { stream: true }), api(), waitUntil));
    const text = await reply.response.text();
    expect(text).toContain('data: {"error":{"message":');
    expect(text).not.toContain("[DONE]");
    expect(text).not.toContain('"finish_reason":"stop"');
    expect(await reply.usage()).toMatchObject({ end: "cut" });
  });

  test("whose first event is an error is a failed attempt, before any byte to the client", async () => {
    answers = [streamed({ error: { code: 503, message: "busy", status: "UNAVAILABLE" } })];
    expect(await failure(chat(request(HELLO, { stream: true }), api(), waitUntil))).toMatchObject({
      condition: "overloaded",
    });
  });

  test("that says nothing and then fails, or ends, is a failed attempt while another waits", async () => {
    const empty = candidate([{ text: "" }]);
    answers = [
      streamed(empty, { error: { code: 503, message: "busy" } }),
      streamed(empty, candidate([], { finishReason: "STOP" })),
    ];
    const waits = { stream: true, fallbackWaiting: true };
    expect(await failure(chat(request(HELLO, waits), api(), waitUntil))).toMatchObject({ condition: "overloaded" });
    expect(await failure(chat(request(HELLO, waits), api(), waitUntil))).toMatchObject({
      condition: "empty_completion",
    });
  });

  test("of nothing but an image is an answer once it is whole; one that breaks off leaves its place to the other attempt", async () => {
    const image = { inlineData: { mimeType: "image/png", data: "AAAA" } };
    const waits = { stream: true, fallbackWaiting: true };
    answers = [streamed(candidate([image]), candidate([], { finishReason: "STOP" })), streamed(candidate([image]))];
    const whole = stream(await chat(request(HELLO, waits), api(), waitUntil));
    expect(await whole.response.text()).toContain('"images":[{"index":0');
    expect(await failure(chat(request(HELLO, waits), api(), waitUntil))).toMatchObject({ condition: "network" });
  });

  test("that is cancelled drops the call to Gemini, and what was counted until then is told", async () => {
    let pushed: ReadableStreamDefaultController<Uint8Array> | undefined;
    answers = [
      () =>
        new Response(
          new ReadableStream<Uint8Array>({
            start(controller) {
              pushed = controller;
              controller.enqueue(new TextEncoder().encode(sse({ ...candidate([{ text: "Hel" }]), usageMetadata })));
            },
          }),
        ),
    ];
    const reply = stream(await chat(request(HELLO, { stream: true }), api(), waitUntil));
    expect(asked[0]?.signal.aborted).toBe(false);
    reply.cancel();
    expect(asked[0]?.signal.aborted).toBe(true);
    reply.response.body?.cancel().catch(() => {});
    expect(await reply.usage()).toMatchObject({ end: "aborted", usage: { promptTokens: 3, completionTokens: 2 } });
    expect(pushed).toBeDefined();
  });

  test("in place of which Gemini sends one JSON list is read all the same", async () => {
    answers = [json([candidate([{ text: "Hel" }]), finished])];
    const reply = stream(await chat(request(HELLO, { stream: true }), api(), waitUntil));
    expect((await reply.response.text()).match(/"content":"/g)).toHaveLength(2);
  });
});

describe("deadlines", () => {
  test("a whole answer that does not come in time is a 504, and the call is dropped", async () => {
    const silent = (signal: AbortSignal) =>
      new ReadableStream({
        start: (controller) => signal.addEventListener("abort", () => controller.error(signal.reason)),
      });
    answers = [(signal) => new Response(silent(signal))];
    const reply = await attemptAt(withSettings(), { deadlines: { firstByteMs: 20, totalMs: 1_000 } });
    expect(reply).toMatchObject({ status: 504, failure: { condition: "timeout" } });
    expect(asked[0]?.signal.aborted).toBe(true);
  });
});

test.each([true, false])("arguments that are nested without end are no answer (streamed: %s)", async (stream) => {
  const depth = 100_000;
  const call = `{"functionCall":{"name":"f","args":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}}`;
  const text = `{"candidates":[{"content":{"parts":[${call}]},"finishReason":"STOP"}]}`;
  answers = [() => new Response(stream ? `data: ${text}\n\n` : text)];
  const asking = request(HELLO, { stream });
  const reply = await runAttempt<RelayReply>(asking, (attempt) =>
    chat(asking, new GeminiApi(withSettings(), attempt), waitUntil),
  );
  expect(whole(reply)).toMatchObject({ status: 502, failure: { condition: "invalid_response" } });
});

describe("/v1/completions", () => {
  test("an empty prompt is the prompt's fault, in the client's words", async () => {
    const error = await failure(completions(request({ prompt: ["a", ""] }), api(), waitUntil));
    expect(error).toMatchObject({ status: 400, param: "prompt" });
    expect(asked).toEqual([]);
  });

  test("answers a list of prompts in order, with echo", async () => {
    answers = [answer("A"), answer("B")];
    const reply = whole(
      await completions(request({ prompt: ["a", "b"], echo: true, max_tokens: 5 }), api(), waitUntil),
    );
    expect(parsed(reply)).toMatchObject({
      id: "cmpl-req-1",
      object: "text_completion",
      choices: [
        { index: 0, text: "aA", finish_reason: "stop" },
        { index: 1, text: "bB" },
      ],
      usage: { total_tokens: 10 },
    });
    expect(reply.usage).toMatchObject({ promptTokens: 6 });
    expect(asked.map(({ body }) => body)).toMatchObject([
      { contents: [{ parts: [{ text: "a" }] }], generationConfig: { maxOutputTokens: 5 } },
      { contents: [{ parts: [{ text: "b" }] }] },
    ]);
  });

  test("a prompt that fails after others tells what those have used", async () => {
    answers = [answer("A"), json({ error: { code: 400, message: "bad" } }, 400)];
    const reply = whole(await attempted(request({ prompt: ["a", "b"] })));
    expect(reply).toMatchObject({ status: 400, usage: { promptTokens: 3, completionTokens: 2 }, upstreamRequests: 2 });
  });

  test("streams them as one stream", async () => {
    const events = (text: string) => streamed({ ...candidate([{ text }], { finishReason: "STOP" }), usageMetadata });
    answers = [events("A"), events("B")];
    const reply = stream(
      await completions(request({ prompt: ["a", "b"] }, { stream: true, includeUsage: true }), api(), waitUntil),
    );
    const lines = (await reply.response.text()).split("\n\n").filter((line) => line !== "");
    expect(lines.at(-1)).toBe("data: [DONE]");
    const chunks = lines.slice(0, -1).map((line) => JSON.parse(line.slice(6)));
    expect(chunks.map(({ choices: [row] }) => [row?.index, row?.text, row?.finish_reason])).toEqual([
      [0, "A", null],
      [0, "", "stop"],
      [1, "B", null],
      [1, "", "stop"],
      [undefined, undefined, undefined],
    ]);
    expect(chunks.at(-1).usage).toMatchObject({ total_tokens: 10 });
    expect(await reply.usage()).toMatchObject({ end: "complete", usage: { promptTokens: 6, completionTokens: 4 } });
  });

  test("a later prompt that is refused after the time for a first byte is told by Gemini's own words", async () => {
    answers.push(
      () => {
        const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
        const writer = writable.getWriter();
        const event = sse(candidate([{ text: "one" }], { finishReason: "STOP" }));
        void writer.write(new TextEncoder().encode(event));
        setTimeout(() => void writer.close(), 40);
        return new Response(readable);
      },
      json({ error: { code: 429, message: "slow down", status: "RESOURCE_EXHAUSTED" } }, 429),
    );
    const deadlines = { firstByteMs: 20 };
    const reply = stream(await attempted(request({ prompt: ["a", "b"] }, { stream: true, deadlines })));
    expect(await reply.response.text()).toContain("slow down");
    expect(await reply.usage()).toMatchObject({ end: "cut", errorCode: "rate_limit_exceeded" });
  });

  test("prompts whose streams come as JSON lists keep their choices and their usage apart", async () => {
    const list = (text: string) => json([{ ...candidate([{ text }], { finishReason: "STOP" }), usageMetadata }], 200);
    answers = [list("A"), list("B")];
    const reply = stream(await completions(request({ prompt: ["a", "b"] }, { stream: true }), api(), waitUntil));
    const chunks = (await reply.response.text()).split("\n\n").filter((line) => line.startsWith("data: {"));
    expect(chunks.map((line) => JSON.parse(line.slice(6)).choices[0])).toMatchObject([
      { index: 0, text: "A" },
      { index: 0, finish_reason: "stop" },
      { index: 1, text: "B" },
      { index: 1, finish_reason: "stop" },
    ]);
    expect(await reply.usage()).toMatchObject({ end: "complete", usage: { promptTokens: 6, completionTokens: 4 } });
  });

  test("a later prompt that is being asked when the client leaves is dropped at once", async () => {
    answers = [streamed(candidate([{ text: "A" }], { finishReason: "STOP" }))];
    const fetchFirst = globalThis.fetch;
    const second = Promise.withResolvers<AbortSignal>();
    vi.stubGlobal("fetch", async (url: string, init: RequestInit & { signal: AbortSignal }) => {
      if (asked.length === 0) return fetchFirst(url, init);
      second.resolve(init.signal);
      return new Promise((_, reject) => init.signal.addEventListener("abort", () => reject(init.signal.reason)));
    });
    const reply = stream(await completions(request({ prompt: ["a", "b"] }, { stream: true }), api(), waitUntil));
    const read = reply.response.text();
    const signal = await second.promise;
    reply.cancel();
    expect(await reply.usage()).toMatchObject({ end: "aborted" });
    expect(signal.aborted).toBe(true);
    expect(await read).not.toContain("[DONE]");
  });

  test("a later prompt that fails ends the stream with its error", async () => {
    answers = [
      streamed(candidate([{ text: "A" }], { finishReason: "STOP" })),
      json({ error: { code: 429, message: "slow down" } }, 429),
    ];
    const reply = stream(await completions(request({ prompt: ["a", "b"] }, { stream: true }), api(), waitUntil));
    const text = await reply.response.text();
    expect(text).toContain('"code":"rate_limit_exceeded"');
    expect(text).not.toContain("[DONE]");
  });
});

describe("embeddings and token counts", () => {
  test("embeddings go through batchEmbedContents", async () => {
    answers = [json({ embeddings: [{ values: [1, 0] }] })];
    const reply = await embed(
      request({ input: "a", user: "u" }, { model: "gemini-embedding-001", requestedModel: "gemini-embedding-001" }),
      api(),
    );
    expect(reply.headers["x-gateway-ignored"]).toBe("user");
    expect(asked[0]?.url).toBe("http://127.0.0.1:1/v1beta/models/gemini-embedding-001:batchEmbedContents");
    expect(asked[0]?.body).toEqual({
      requests: [{ model: "models/gemini-embedding-001", content: { parts: [{ text: "a" }] } }],
    });
    expect(parsed(reply)).toMatchObject({
      object: "list",
      model: "gemini-embedding-001",
      data: [{ index: 0, embedding: [1, 0] }],
    });
  });

  test("tokens are counted of the prompt as it would be sent", async () => {
    answers = [json({ totalTokens: 7 }), json({})];
    const body = {
      messages: [{ role: "system", content: "s" }, ...HELLO.messages],
      tools: [{ type: "function", function: { name: "f" } }],
      temperature: 1,
    };
    expect(await countTokens(request(body), api())).toEqual({ status: 200, totalTokens: 7 });
    expect(asked[0]?.url).toBe("http://127.0.0.1:1/v1beta/models/gemini-2.5-flash:countTokens");
    expect(asked[0]?.body).toEqual({
      generateContentRequest: {
        model: "models/gemini-2.5-flash",
        contents: [{ role: "user", parts: [{ text: "Hi" }] }],
        systemInstruction: { parts: [{ text: "s" }] },
        tools: [{ functionDeclarations: [{ name: "f" }] }],
      },
    });
    expect(await failure(countTokens(request(HELLO), api()))).toMatchObject({ status: 502 });
  });
});
