import { isStreamReply, type RelayReply, type RelayRequest, type WholeReply } from "@ai-proxy/shared/contract/relay";
import { runAttempt } from "@ai-proxy/shared/upstream/attempt";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { passThrough } from "../src/passthrough.ts";
import { type Endpoint, relay } from "../src/relay.ts";
import { statusOf } from "../src/status.ts";
import { type Settings, Upstreams } from "../src/upstreams.ts";

const SETTINGS = {
  OPENAI_API_KEY: "sk-0123456789",
  UPSTREAMS: {
    groq: { base_url: "https://groq.example/v1", models: { fast: "llama-8b" }, default_model: "llama-70b" },
    plain: { base_url: "https://plain.example/v1", quirks: { stream_usage: "always" } },
  },
};

let sent: { url: string; body: string }[] = [];
let answer: () => Response;

beforeEach(() => {
  sent = [];
  // Node has neither; what matters here is that bytes pass and time does.
  vi.stubGlobal("IdentityTransformStream", TransformStream);
  vi.stubGlobal("scheduler", { wait: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)) });
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    sent.push({ url, body: String(init.body) });
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

const waiting: Promise<unknown>[] = [];
const waitUntil = (promise: Promise<unknown>) => waiting.push(promise);

const MESSAGES = '"messages":[{"role":"user","content":"hi"}]';

function ask(
  rest: Partial<RelayRequest> = {},
  endpoint: Endpoint = "/chat/completions",
  settings: Settings = SETTINGS,
) {
  const model = rest.model ?? "gpt-4o";
  const request = {
    body: `{"model":"${model}",${MESSAGES}}`,
    model,
    requestedModel: model,
    requestId: "r",
    sessionId: "s",
    stream: false,
    includeUsage: false,
    ...rest,
  };
  return runAttempt(
    request,
    async (attempt): Promise<RelayReply> => relay(endpoint, request, new Upstreams(settings), attempt, waitUntil),
  );
}

async function whole(reply: Promise<RelayReply>): Promise<WholeReply> {
  const settled = await reply;
  if (isStreamReply(settled)) throw new Error("a stream");
  return settled;
}

const COMPLETION = { choices: [{ index: 0, message: { content: "Hi" }, finish_reason: "stop" }], model: "m-1" };
const USAGE = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const json = (body: object, init?: ResponseInit) => () => Response.json(body, init);
const events = (...data: string[]) => data.map((one) => `data: ${one}\n\n`).join("");
const CHUNK = '{"id":"c","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}';
const FINISH = '{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}';
const USAGE_CHUNK = `{"id":"c","choices":[],"usage":${JSON.stringify(USAGE)}}`;
const stream = (text: string, type = "text/event-stream") => {
  return () => new Response(text, { headers: { "content-type": type } });
};

describe("a whole answer", () => {
  test("comes back with its usage, the model that served, and the headers of the list", async () => {
    const headers = { "x-request-id": "req_1", "cf-aig-log-id": "log-1", "set-cookie": "a=b" };
    answer = json({ ...COMPLETION, usage: USAGE }, { headers });
    expect(await whole(ask())).toMatchObject({
      status: 200,
      headers: { "content-type": "application/json", "x-upstream-request-id": "req_1" },
      usage: { promptTokens: 9, completionTokens: 4 },
      servedModel: "m-1",
      gatewayLogId: "log-1",
    });
  });

  test.each([
    // upstream, the model asked for, the model sent
    [undefined, "gpt-4o", "gpt-4o"],
    ["groq", "fast", "llama-8b"],
    ["groq", "default", "llama-70b"],
    ["groq", "other", "other"],
    ["groq", "toString", "toString"],
  ])("at the upstream %s is asked of the model %s as %s", async (upstream, model, expected) => {
    answer = json(COMPLETION);
    await whole(ask({ model, ...(upstream !== undefined && { upstream }) }));
    expect(JSON.parse(sent[0]?.body ?? "")).toMatchObject({ model: expected });
  });

  test.each([
    [{ model: "default" }, 400, { code: null, condition: "bad_request" }],
    [{ upstream: "nobody" }, 503, { code: "not_configured" }],
    [{ body: "[]" }, 400, { condition: "bad_request" }],
  ])("is not asked for at all: %j is a %i", async (rest, status, failure) => {
    expect(await whole(ask(rest))).toMatchObject({ status, failure });
    expect(sent).toEqual([]);
  });

  test.each(["/chat/completions", "/completions", "/embeddings", "/moderations"] as const)(
    "is asked for at its endpoint: %s",
    async (endpoint) => {
      answer = json({ data: [] });
      await whole(ask({}, endpoint));
      expect(sent[0]?.url).toBe(`https://api.openai.com/v1${endpoint}`);
    },
  );

  test("that breaks off is a failure that names the key, and what other keys there are", async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });
    answer = () => new Response(body);
    const settings = { OPENAI_API_KEY: "sk-a,sk-b" };
    expect(await whole(ask({}, "/chat/completions", settings))).toMatchObject({
      status: 502,
      failure: { condition: "network", key: 0, keysLeft: 1 },
    });
  });

  test("that holds a limit's error in a 200 leaves the other keys to try", async () => {
    answer = json({ error: { message: "slow", code: 429 } });
    const settings = { OPENAI_API_KEY: "sk-a,sk-b" };
    expect(await whole(ask({}, "/chat/completions", settings))).toMatchObject({
      status: 429,
      failure: { condition: "rate_limited", key: 0, keysLeft: 1 },
    });
  });
});

describe("a stream", () => {
  const streaming = { stream: true };

  async function textOf(reply: Promise<RelayReply>) {
    const settled = await reply;
    if (!isStreamReply(settled)) throw new Error(`no stream: ${settled.body}`);
    return { text: await settled.response.text(), end: await settled.usage(), headers: settled.response.headers };
  }

  test("passes natively when the client asked for usage", async () => {
    const text = `: hello\r\n\r\n${events(CHUNK, FINISH, USAGE_CHUNK, "[DONE]")}`;
    answer = stream(text);
    const { end, ...got } = await textOf(ask({ ...streaming, includeUsage: true }));
    expect(got.text).toBe(text);
    expect(got.headers.get("content-type")).toBe("text/event-stream");
    expect(end).toMatchObject({ end: "complete", usage: { promptTokens: 9 }, usageEstimated: false });
  });

  test("passes natively where the upstream sends usage always, and has the [DONE] that it lacks", async () => {
    answer = stream(events(CHUNK, FINISH));
    const { text, end } = await textOf(ask({ ...streaming, upstream: "plain" }));
    expect(text).toBe(events(CHUNK, FINISH, "[DONE]"));
    expect(end).toMatchObject({ end: "complete", usageEstimated: true });
    expect(sent[0]?.body).not.toContain("stream_options");
  });

  test("loses the usage that only the relay asked for", async () => {
    answer = stream(events(CHUNK, FINISH, USAGE_CHUNK, "[DONE]"));
    const { text, end } = await textOf(ask(streaming));
    expect(text).toBe(events(CHUNK, FINISH, "[DONE]"));
    expect(end).toMatchObject({ usage: { promptTokens: 9 }, usageEstimated: false });
    expect(sent[0]?.body).toContain('"stream_options":{"include_usage":true}');
  });

  test.each([true, false])("that breaks off ends in one error event; usage asked for: %s", async (includeUsage) => {
    answer = stream(events(CHUNK));
    const { text, end } = await textOf(ask({ ...streaming, includeUsage }));
    expect(text.startsWith(events(CHUNK))).toBe(true);
    expect(text).toContain('"code":"upstream_stream_cut"');
    expect(end).toMatchObject({ end: "cut", errorCode: "upstream_stream_cut" });
  });

  describe.each([true, false])("whose client asked for usage: %s", (includeUsage) => {
    test.each([
      ["a page", stream("<html>", "text/html"), 502, includeUsage ? "invalid_response" : "network"],
      ["nothing", stream(""), 502, includeUsage ? "invalid_response" : "network"],
      ["an error object", json({ error: { message: "m", code: 429 } }), 429, "rate_limited"],
      ["an error event", stream(events('{"error":{"message":"m","code":503}}')), 502, "overloaded"],
    ])("that begins with %s is a failed attempt", async (_, given, status, condition) => {
      answer = given;
      const reply = await whole(ask({ ...streaming, includeUsage, fallbackWaiting: true }));
      expect(reply).toMatchObject({ status, failure: { condition } });
    });
  });

  test("that came whole is told as a stream, and reports what it cost", async () => {
    answer = json({ ...COMPLETION, usage: USAGE });
    const reply = await ask(streaming);
    if (!isStreamReply(reply)) throw new Error("not a stream");
    expect(await reply.response.text()).toMatch(/data: \[DONE\]\n\n$/);
    expect(await reply.usage()).toMatchObject({ end: "complete", usage: { promptTokens: 9, completionTokens: 4 } });
  });

  test("that said nothing while another attempt waits reports what that cost", async () => {
    answer = stream(events(FINISH, USAGE_CHUNK, "[DONE]"));
    const reply = await whole(ask({ ...streaming, includeUsage: true, fallbackWaiting: true }));
    expect(reply).toMatchObject({ usage: { promptTokens: 9 }, failure: { condition: "empty_completion" } });
  });

  test("that is cancelled drops the upstream, and is accounted for", async () => {
    let dropped = false;
    vi.stubGlobal("fetch", async (_url: string, { signal }: { signal: AbortSignal }) => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          controller.enqueue(new TextEncoder().encode(events(CHUNK)));
          signal.addEventListener("abort", () => {
            dropped = true;
            controller.error(new Error("aborted"));
          });
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    });
    const reply = await ask({ ...streaming, includeUsage: true });
    if (!isStreamReply(reply)) throw new Error("no stream");
    await reply.response.body?.getReader().read();
    reply.cancel();
    expect(await reply.usage()).toMatchObject({ end: "aborted", usageEstimated: true });
    expect(dropped).toBe(true);
  });
});

describe("another path of the API", () => {
  const pass = (rest: Partial<Parameters<typeof passThrough>[0]> = {}) => {
    const request = { method: "POST", path: "/files", search: "", body: null, requestId: "r", sessionId: "s", ...rest };
    return runAttempt(
      request,
      async (attempt): Promise<RelayReply> => passThrough(request, new Upstreams(SETTINGS), attempt, waitUntil),
    );
  };

  test.each([
    { path: "/../admin" },
    { path: "/files/./x" },
    { path: "//evil" },
    { path: "/a?b" },
    { path: "/a%2fb" },
    { path: "" },
    { search: "?a b" },
    { search: "x" },
    { method: "get" },
    { method: "GET /" },
  ])("%j is none: 400", async (rest) => {
    expect(await whole(pass(rest))).toMatchObject({ status: 400, failure: { condition: "bad_request" } });
    expect(sent).toEqual([]);
  });

  test.each(["/files/file-1/content", "/fine_tuning/jobs/ft:gpt-4o:acme::1", "/models/@cf~x"])(
    "%s is one",
    async (path) => {
      answer = json({});
      expect((await whole(pass({ path, search: "?after=a%20b&order[]=x" }))).status).toBe(200);
      expect(sent[0]?.url).toBe(`https://api.openai.com/v1${path}?after=a%20b&order[]=x`);
    },
  );

  test.each([
    ["application/json", '{"provider":"openai", "n":1.0}', '{"n":1.0}'],
    ["Application/JSON; charset=utf-8", '{"provider":"openai", "n":1.0}', '{"n":1.0}'],
    ["application/json", "[1]", "[1]"],
    ["text/plain", '{"provider":"openai"}', '{"provider":"openai"}'],
    [undefined, '{"provider":"openai"}', '{"provider":"openai"}'],
  ])("of the type %s with the body %s gets %s", async (contentType, body, expected) => {
    answer = json({});
    await whole(pass({ body, ...(contentType !== undefined && { contentType }) }));
    expect(sent[0]?.body).toBe(expected);
  });

  test.each(["application/json", "Application/JSON", "application/problem+json", "text/json"])(
    "that answers with %s shows no key, and its usage is counted",
    async (type) => {
      const body = JSON.stringify({ key: "sk-0123456789", usage: { input_tokens: 3, output_tokens: 2 } });
      answer = () => new Response(body, { headers: { "content-type": type } });
      const reply = await whole(pass());
      expect(reply).toMatchObject({
        headers: { "content-type": type },
        usage: { promptTokens: 3, completionTokens: 2 },
      });
      expect(String(reply.body)).toContain('"key":"[redacted]"');
    },
  );

  test("that answers with half a JSON text shows no key either", async () => {
    answer = () => new Response('{"key":"sk-0123456789', { headers: { "content-type": "application/json" } });
    expect(await whole(pass())).toMatchObject({ body: '{"key":"[redacted]', usage: null });
  });

  test("that answers with a file keeps bytes, type and name", async () => {
    const disposition = 'attachment; filename="a.bin"';
    answer = () =>
      new Response(Uint8Array.of(255, 0), { status: 206, headers: { "content-disposition": disposition } });
    const { status, headers, body } = await whole(pass());
    expect({ status, headers }).toEqual({
      status: 206,
      headers: { "content-type": "application/octet-stream", "content-disposition": disposition },
    });
    expect(body).toEqual(Uint8Array.of(255, 0));
  });

  test("that is refused is a failed attempt", async () => {
    answer = json({ error: { message: "no such file", type: "invalid_request_error" } }, { status: 404 });
    expect(await whole(pass())).toMatchObject({ status: 404, failure: { upstreamStatus: 404, key: 0, keysLeft: 0 } });
  });

  test("that streams passes as it is, whatever it ends with", async () => {
    const text = 'event: response.created\ndata: {"type":"response.created"}\n\n';
    answer = stream(text);
    const reply = await pass({ path: "/responses" });
    if (!isStreamReply(reply)) throw new Error("no stream");
    expect(await reply.response.text()).toBe(text);
    expect(await reply.usage()).toMatchObject({ end: "complete" });
  });
});

describe("the status", () => {
  test("names the upstreams, their defaults and whether they can be asked", () => {
    expect(statusOf(new Upstreams(SETTINGS))).toEqual({
      configured: true,
      upstreams: [
        { name: "groq", configured: true, defaultModel: "llama-70b", models: { fast: "llama-8b" } },
        { name: "plain", configured: true, models: {} },
      ],
    });
  });

  test("lists an entry with a mistake, and one without its key, as not configured", () => {
    const UPSTREAMS = { bad: { base_url: 1 }, keyless: { base_url: "https://x.example", key: "X_KEY" } };
    expect(statusOf(new Upstreams({ UPSTREAMS }))).toEqual({
      configured: false,
      upstreams: [
        { name: "bad", configured: false },
        { name: "keyless", configured: false, models: {} },
      ],
    });
  });

  test("says why the list cannot be read", () => {
    expect(statusOf(new Upstreams({ UPSTREAMS: "{", OPENAI_BASE_URL: "nonsense" }))).toEqual({
      configured: false,
      upstreams: [],
      problem: "UPSTREAMS must be a JSON object: name → settings.",
    });
  });
});
