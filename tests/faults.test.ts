import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TOKEN, UPSTREAM_KEYS } from "./mesh.ts";
import { type PlainMesh, startPlainMesh } from "./plain-mesh.ts";
import { answerAsProvider } from "./replies.ts";
import { json, sse, type UpstreamRequest } from "./upstream.ts";

// The fault matrix: what providers do wrong × three providers × stream or not.
// Every row is played to the whole mesh twice: alone, and with a fallback behind it.

const IDLE_MS = 400;
const FIRST_BYTE_MS = 500;
const MIB = 1024 * 1024;
const CEILINGS = { MAX_ANSWER_BYTES: String(16 * MIB), MAX_EVENT_BYTES: String(4 * MIB) };

let mesh: PlainMesh;
beforeAll(async () => {
  mesh = await startPlainMesh({
    gateway: { ROUTING: JSON.stringify({ idle_timeout_ms: IDLE_MS }) },
    ...Object.fromEntries(["cf-ai", "openai-relay", "gemini-relay"].map((relay) => [relay, CEILINGS])),
  });
}, 90_000);
afterAll(() => mesh.close());

type Provider = "cloudflare" | "openai" | "gemini";

const MODELS: Record<Provider, string> = { cloudflare: "@cf/meta/test", openai: "gpt-test", gemini: "gemini-test" };
/** A model of its own for each row: the circuit breaker remembers what the rows before did. */
const modelOf = (provider: Provider, row: string) => `${MODELS[provider]}-${row}`;
/** Who answers when the provider of the row does not. */
const FALLBACKS: Record<Provider, Provider> = { cloudflare: "openai", openai: "gemini", gemini: "openai" };
const PATHS: Record<Provider, string> = { cloudflare: "/ai/", openai: "/openai/", gemini: "/gemini/" };

type Fault = (request: UpstreamRequest, response: ServerResponse, provider: Provider) => void | Promise<void>;

interface Row {
  fault: string;
  play: Fault;
  /** Rows about streams alone, or about whole answers alone; both when absent. */
  only?: "stream" | "whole";
  /** What the client gets when there is nobody else. "cut": 200, some text, an error event. */
  alone: number | "cut" | Record<Provider, number>;
  code?: string;
  /** The fallback is asked and its answer is the client's. */
  fallback: boolean;
  /** It goes on for as long as it is read: it is dropped soon after its ceiling. */
  endless?: boolean;
}

/** An error as the provider writes it. */
function refusal(provider: Provider, status: number, internalCode: number, message: string): unknown {
  const bodies: Record<Provider, unknown> = {
    cloudflare: {
      success: false,
      errors: [{ code: internalCode, message }],
      internalCode,
      description: message,
      result: {},
      messages: [],
    },
    openai: { error: { message, type: "some_error", param: null, code: null } },
    gemini: { error: { code: status, message, status: "SOME_ERROR" } },
  };
  return bodies[provider];
}

function refuse(status: number, internalCode: number, headers: Record<string, string> = {}): Fault {
  return (_request, response, provider) =>
    json(response, status, refusal(provider, status, internalCode, `fault ${status}`), headers);
}

const text =
  (status: number, type: string, body: string): Fault =>
  (_request, response) => {
    response.writeHead(status, { "content-type": type }).end(body);
  };

/** One event of text, or of nothing yet, in the provider's format. */
function event(provider: Provider, content: string): unknown {
  if (provider === "cloudflare") return { response: content };
  if (provider === "gemini") {
    return { candidates: [{ index: 0, content: { role: "model", parts: content ? [{ text: content }] : [] } }] };
  }
  const delta = { role: "assistant", content };
  return {
    id: "1",
    object: "chat.completion.chunk",
    created: 1,
    model: "gpt-4o",
    choices: [{ index: 0, delta, finish_reason: null }],
  };
}

/** What ends a stream well, in the provider's format. */
function ending(provider: Provider): unknown[] {
  const usage = { prompt_tokens: 5, completion_tokens: 8, total_tokens: 13 };
  if (provider === "cloudflare") return [{ response: "", usage }, "[DONE]"];
  if (provider === "gemini") {
    return [{ candidates: [{ index: 0, content: { role: "model", parts: [] }, finishReason: "STOP" }] }];
  }
  const chunk = { id: "1", object: "chat.completion.chunk", created: 1, model: "gpt-4o" };
  return [
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
    { ...chunk, choices: [], usage },
    "[DONE]",
  ];
}

const write = (response: ServerResponse, data: unknown) => response.write(`data: ${JSON.stringify(data)}\n\n`);
const openStream = (response: ServerResponse) => response.writeHead(200, { "content-type": "text/event-stream" });
const errorData = { error: { code: 503, message: "overloaded", status: "UNAVAILABLE", type: "server_error" } };

/** An answer with nothing in it. */
const empty: Fault = ({ body }, response, provider) => {
  const streamed = (body.inputs ?? body).stream === true || provider === "gemini";
  const usage = { prompt_tokens: 5, completion_tokens: 0, total_tokens: 5 };
  if (provider === "cloudflare")
    return streamed
      ? sse(response, [{ response: "" }, { response: "", usage }, "[DONE]"])
      : json(response, 200, { response: "", usage });
  if (provider === "gemini") {
    const answer = { candidates: [], usageMetadata: { promptTokenCount: 5, totalTokenCount: 5 } };
    return response.req.url?.includes("stream") ? sse(response, [answer]) : json(response, 200, answer);
  }
  const head = { id: "1", created: 1, model: "gpt-4o" };
  if (!streamed)
    return json(response, 200, {
      ...head,
      object: "chat.completion",
      choices: [{ index: 0, message: { role: "assistant", content: "" }, finish_reason: "stop" }],
      usage,
    });
  const chunk = (delta: unknown, finish_reason: string | null) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason }],
  });
  return sse(response, [chunk({ role: "assistant", content: "" }, null), chunk({}, "stop"), "[DONE]"]);
};

/** What an endless provider has sent of its answer. */
let sent = 0;

/** This beginning, then more of it for as long as somebody reads. */
const endless =
  (type: string, beginning: (provider: Provider) => string, more: string): Fault =>
  async (_request, response, provider) => {
    response.writeHead(200, { "content-type": type }).write(beginning(provider));
    const bytes = Buffer.from(more);
    const closed = once(response, "close");
    for (sent = 0; sent < 512 * MIB && !response.destroyed; sent += bytes.byteLength) {
      if (!response.write(bytes)) await Promise.race([once(response, "drain"), closed]);
    }
    response.end();
  };

const SSE = "text/event-stream";
const JUNK = "x".repeat(64 * 1024);
const halfSaid = (provider: Provider) => `data: ${JSON.stringify(event(provider, "Half a"))}\n\n`;

/** 256 MB in 256 kB. */
const bomb = gzipSync(Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(256 * MIB, "x")]));

/** Written before the clock of a test runs. */
const longRefusal = (provider: Provider) =>
  Buffer.from(JSON.stringify(refusal(provider, 400, 5004, `bad ${"x".repeat(33 * MIB)}`)));
const LONG_REFUSALS: Record<Provider, Buffer> = {
  cloudflare: longRefusal("cloudflare"),
  openai: longRefusal("openai"),
  gemini: longRefusal("gemini"),
};

/** The provider's plain answer with these headers. */
const withHeaders =
  (headers: Record<string, string>): Fault =>
  (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    return answerAsProvider(request, response);
  };

/** What passes as a provider's headers, and much more than a client takes. */
const MANY_HEADERS = Object.fromEntries(
  Array.from({ length: 500 }, (_, at) => [`x-ratelimit-${at}`, `${at}`.repeat(20)]),
);

const INVALID = { alone: 502, code: "invalid_upstream_response", fallback: true } as const;

const HOSTILE_ROWS: Row[] = [
  {
    fault: "a line without end",
    play: endless(SSE, () => 'data: {"a":"', JUNK),
    only: "stream",
    ...INVALID,
    endless: true,
  },
  {
    fault: "an event without end",
    play: endless(SSE, () => "", `data: ${JUNK}\n`),
    only: "stream",
    ...INVALID,
    endless: true,
  },
  {
    fault: "text, then a line without end",
    play: endless(SSE, (provider) => `${halfSaid(provider)}data: {"a":"`, JUNK),
    only: "stream",
    alone: "cut",
    fallback: false,
    endless: true,
  },
  {
    fault: "a JSON answer without end",
    play: endless("application/json", () => '{"a":"', JUNK),
    ...INVALID,
    endless: true,
  },
  {
    fault: "objects without number",
    play: text(200, "application/json", `{"candidates":[${"{},".repeat(1_100_000)}{}]}`),
    ...INVALID,
  },
  {
    fault: "a gzip bomb",
    play: (_request, response) =>
      void response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(bomb),
    ...INVALID,
  },
  {
    fault: "a 400 whose message is 33 MB long",
    play: (_request, response, provider) =>
      void response.writeHead(400, { "content-type": "application/json" }).end(LONG_REFUSALS[provider]),
    alone: 400,
    fallback: false,
  },
  {
    fault: "a 400 without end",
    play: (_request, response) => {
      response.statusCode = 400;
      response.write('{"error":{"message":"bad ');
      const more = setInterval(() => response.write(JUNK), 1);
      response.on("close", () => clearInterval(more));
    },
    alone: 400,
    fallback: false,
  },
  {
    fault: "200 with an error of 2 MB",
    play: (_request, response) => json(response, 200, { error: { ...errorData.error, message: "x".repeat(2 * MIB) } }),
    only: "whole",
    alone: 502,
    fallback: true,
  },
  {
    fault: "a header of 100 kB",
    play: withHeaders({ "x-ratelimit-limit-requests": "x".repeat(100_000) }),
    alone: 200,
    fallback: false,
  },
  { fault: "500 headers", play: withHeaders(MANY_HEADERS), alone: 200, fallback: false },
];

/** Its text, its model, its log id, its headers and the error that it ends with hold the key. */
const saysKey =
  (key: string, stream: boolean): Fault =>
  (_request, response, provider) => {
    response.setHeader("x-ratelimit-limit-requests", key);
    response.setHeader("x-request-id", key);
    response.setHeader("cf-aig-log-id", key);
    const said = JSON.stringify(event(provider, `It is ${key}.`)).replace('"gpt-4o"', `"gpt-${key}"`);
    const last = { error: { ...errorData.error, message: `No such key: ${key}`, code: key } };
    const named = said.replace("{", `{"modelVersion":"${key}",`);
    if (stream) return sse(response, [named, last]);
    return json(response, 200, JSON.parse(named.replace('"delta"', '"message"')));
  };

const ROWS: Row[] = [
  ...HOSTILE_ROWS,
  { fault: "429 without Retry-After", play: refuse(429, 3040), alone: 429, fallback: true },
  {
    fault: "429 with Retry-After in seconds, too long to wait",
    play: refuse(429, 3040, { "retry-after": "3600" }),
    alone: 429,
    fallback: true,
  },
  {
    fault: "429 with Retry-After as a date, too long to wait",
    play: (...call) => refuse(429, 3040, { "retry-after": new Date(Date.now() + 3_600_000).toUTCString() })(...call),
    alone: 429,
    fallback: true,
  },
  { fault: "500", play: refuse(500, 3000), alone: 502, fallback: true },
  { fault: "503", play: refuse(503, 3000), alone: 502, fallback: true },
  { fault: "400", play: refuse(400, 5004), alone: 400, fallback: false },
  { fault: "413", play: refuse(413, 3006), alone: 413, fallback: false },
  { fault: "401 from our key", play: refuse(401, 10000), alone: 502, code: "provider_auth_error", fallback: true },
  { fault: "403 from our key", play: refuse(403, 5018), alone: 502, code: "provider_auth_error", fallback: true },
  { fault: "an HTML error page", play: text(502, "text/html", "<html>Bad gateway</html>"), alone: 502, fallback: true },
  { fault: "an HTML page with 200", play: text(200, "text/html", "<html>Log in</html>"), alone: 502, fallback: true },
  {
    fault: "garbage instead of JSON",
    play: text(200, "application/json", '{"choices": [{"mess'),
    only: "whole",
    alone: 502,
    fallback: true,
  },
  {
    fault: "garbage instead of events",
    play: text(200, "text/event-stream", "data: {not json}\n\n"),
    only: "stream",
    alone: 502,
    fallback: true,
  },
  {
    fault: "200 with an error object",
    play: (_request, response) => json(response, 200, errorData),
    alone: 502,
    fallback: true,
  },
  {
    fault: "an empty completion",
    play: empty,
    alone: { cloudflare: 200, openai: 200, gemini: 502 },
    fallback: true,
  },
  {
    fault: "a reset before the headers",
    play: (_request, response) => void response.socket?.resetAndDestroy(),
    alone: 502,
    fallback: true,
  },
  { fault: "no headers, ever", play: () => {}, alone: 504, fallback: true },
  {
    fault: "headers, then nothing",
    play: (_request, response) => void openStream(response).flushHeaders(),
    only: "stream",
    alone: 504,
    fallback: true,
  },
  {
    fault: "half a body, then nothing",
    play: (_request, response) => void response.writeHead(200, { "content-type": "application/json" }).write("{"),
    only: "whole",
    alone: 504,
    fallback: true,
  },
  {
    fault: "half a body, then a reset",
    play: (_request, response) => {
      response
        .writeHead(200, { "content-type": "application/json" })
        .write("{", () => response.socket?.resetAndDestroy());
    },
    only: "whole",
    alone: 502,
    fallback: true,
  },
  {
    fault: "an error as the first event",
    play: (_request, response) => sse(response, [errorData]),
    only: "stream",
    alone: 502,
    fallback: true,
  },
  {
    fault: "a start without content, then an error",
    play: (_request, response, provider) => sse(response, [event(provider, ""), errorData]),
    only: "stream",
    alone: { cloudflare: 502, openai: 200, gemini: 502 },
    fallback: true,
  },
  {
    fault: "a stream that ends at once",
    play: (_request, response) => sse(response, []),
    only: "stream",
    alone: 502,
    fallback: true,
  },
  {
    fault: "text, then a reset",
    play: (_request, response, provider) => {
      openStream(response);
      response.write(`data: ${JSON.stringify(event(provider, "Half a"))}\n\n`, () =>
        setTimeout(() => response.socket?.resetAndDestroy(), 30),
      );
    },
    only: "stream",
    alone: "cut",
    fallback: false,
  },
  {
    fault: "text, then a quiet end",
    play: (_request, response, provider) => sse(response, [event(provider, "Half a")]),
    only: "stream",
    alone: "cut",
    fallback: false,
  },
  {
    fault: "text, then an error event",
    play: (_request, response, provider) => sse(response, [event(provider, "Half a"), errorData]),
    only: "stream",
    alone: "cut",
    fallback: false,
  },
  {
    fault: "text, then a stall",
    play: (_request, response, provider) => void write(openStream(response), event(provider, "Half a")),
    only: "stream",
    alone: "cut",
    fallback: false,
  },
  {
    fault: "a slow first byte",
    play: (request, response) => {
      setTimeout(() => void answerAsProvider(request, response), FIRST_BYTE_MS / 2);
    },
    alone: 200,
    fallback: false,
  },
];

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  ms: number;
}

function send(provider: Provider, stream: boolean, extra: object, requestId: string): Promise<Response> {
  const model = modelOf(provider, requestId);
  return fetch(new URL("/v1/chat/completions", mesh.url), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}`, "x-request-id": requestId },
    body: JSON.stringify({
      provider,
      model,
      messages: [{ role: "user", content: "hi" }],
      stream,
      ...extra,
    }),
  });
}

async function ask(provider: Provider, stream: boolean, extra: object, requestId: string): Promise<Answer> {
  const started = Date.now();
  const response = await send(provider, stream, extra, requestId);
  return { status: response.status, headers: response.headers, text: await response.text(), ms: Date.now() - started };
}

const calls = (provider: Provider) =>
  mesh.upstream.requests.filter(({ url }) => url.startsWith(PATHS[provider])).length;
const events = (body: string) =>
  body
    .split("\n\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => line.slice(6));

/** Retry-After as seconds from now; OpenAI's may be a date, and is passed on as it is. */
function secondsOf(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isNaN(seconds) ? (Date.parse(retryAfter ?? "") - Date.now()) / 1_000 : seconds;
}

function expectErrorBody(answer: Answer): void {
  const { error } = JSON.parse(answer.text);
  expect(error).toMatchObject({ message: expect.stringMatching(/\S/), type: expect.stringMatching(/\S/) });
  expect(error).toHaveProperty("param");
  expect(error).toHaveProperty("code");
}

interface Mode {
  mode: string;
  stream: boolean;
  fields: object;
}

const MODES: Mode[] = [
  { mode: "whole", stream: false, fields: {} },
  { mode: "streamed", stream: true, fields: {} },
];
/** A stream of OpenAI's whose usage the client asks for passes natively; all others are rewritten on their way. */
const NATIVE: Mode = { mode: "streamed natively", stream: true, fields: { stream_options: { include_usage: true } } };

describe.each(["cloudflare", "openai", "gemini"] as const)("%s", (provider) => {
  describe.each(provider === "openai" ? [...MODES, NATIVE] : MODES)("$mode", ({ mode, stream, fields }) => {
    const rows = ROWS.filter(({ only }) => only === undefined || (only === "stream") === stream);
    const idOf = (kind: string, row: string | number) => `${kind}-${provider}-${mode}-${row}`.replaceAll(/[^\w-]/g, "");

    test.each(rows)("alone: $fault", async ({ fault, play, alone, code, endless: goesOn }) => {
      mesh.upstream.play((request, response) => play(request, response, provider));
      const requestId = idOf(
        "alone",
        ROWS.findIndex((row) => row.fault === fault),
      );
      const routing = { max_attempts: 1, first_byte_timeout_ms: FIRST_BYTE_MS };
      const answer = await ask(provider, stream, { routing, ...fields }, requestId);
      const expected = typeof alone === "object" ? alone[provider] : alone;
      expect(calls(provider)).toBe(1);
      expect(mesh.upstream.requests).toHaveLength(1);
      if (goesOn) expect(sent).toBeLessThan(64 * MIB);
      else expect(answer.ms).toBeLessThan(FIRST_BYTE_MS + IDLE_MS + 1_000);
      // Node's client takes 16 kB of headers; an error's body is as large as we let it be.
      expect(JSON.stringify([...answer.headers]).length).toBeLessThan(16_000);
      if (answer.status >= 400) expect(answer.text.length).toBeLessThan(80_000);
      expect(answer.headers.get("x-gateway-attempts")).toBe("1");
      expect(answer.status).toBe(expected === "cut" ? 200 : expected);
      if (expected === "cut") {
        const sent = events(answer.text);
        expect(sent.join("")).toContain("Half a");
        expect(JSON.parse(sent.at(-1) ?? "{}")).toMatchObject({ error: { message: expect.stringMatching(/\S/) } });
        expect(answer.text).not.toContain('"finish_reason":"');
      } else if (answer.status !== 200) {
        expectErrorBody(answer);
        if (code !== undefined) expect(JSON.parse(answer.text).error.code).toBe(code);
      }
      if (fault.includes("Retry-After in") || fault.includes("Retry-After as")) {
        expect(secondsOf(answer.headers.get("retry-after"))).toBeGreaterThan(3_500);
      }
      const record = await mesh.record(requestId);
      expect(record).toMatchObject({ provider, attempts: 1, status: answer.status, stream });
      if (expected === "cut") expect(record.stream_end).toBe("cut");
    });

    test.each(rows)("with a fallback: $fault", async ({ fault, play, alone, fallback }) => {
      const other = FALLBACKS[provider];
      mesh.upstream.play((request, response) =>
        request.url.startsWith(PATHS[provider])
          ? play(request, response, provider)
          : answerAsProvider(request, response),
      );
      const requestId = idOf(
        "fallback",
        ROWS.findIndex((row) => row.fault === fault),
      );
      const extra = {
        fallbacks: [{ provider: other, model: MODELS[other] }],
        routing: { max_attempts: 2, first_byte_timeout_ms: FIRST_BYTE_MS },
        ...fields,
      };
      const answer = await ask(provider, stream, extra, requestId);
      expect(calls(provider)).toBe(1);
      expect(calls(other)).toBe(fallback ? 1 : 0);
      const record = await mesh.record(requestId);
      expect(record.attempts).toBe(fallback ? 2 : 1);
      if (fallback) {
        expect(answer.status).toBe(200);
        expect(answer.headers.get("x-gateway-provider")).toBe(other);
        const said = stream
          ? events(answer.text)
              .filter((data) => data !== "[DONE]")
              .map((data) => JSON.parse(data).choices[0]?.delta.content ?? "")
              .join("")
          : JSON.parse(answer.text).choices[0].message.content;
        expect(said).toBe(`Hello from ${other}`);
        expect(record).toMatchObject({ provider: other, status: 200, error_code: null });
        expect(record.trail.map((attempt) => attempt.provider)).toEqual([provider, other]);
      } else {
        expect(answer.headers.get("x-gateway-provider")).toBe(provider);
        expect(answer.text).not.toContain(`Hello from ${other}`);
        const expected = typeof alone === "object" ? alone[provider] : alone;
        expect(answer.status).toBe(expected === "cut" ? 200 : expected);
      }
    });

    test.each([
      ["500 once", refuse(500, 3000), 0],
      ["429 with Retry-After: 1", refuse(429, 3040, { "retry-after": "1" }), 1_000],
      ["a reset once", ((_request, response) => void response.socket?.resetAndDestroy()) as Fault, 0],
    ])("%s: the same provider answers the second time", async (_, play, wait) => {
      let first = true;
      mesh.upstream.play((request, response) => {
        if (!first) return answerAsProvider(request, response);
        first = false;
        return play(request, response, provider);
      });
      const requestId = idOf("again", _);
      const answer = await ask(provider, stream, { routing: { max_attempts: 2 }, ...fields }, requestId);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("x-gateway-attempts")).toBe("2");
      expect(answer.text).toContain("Hello");
      // Workers AI says how long to wait in no header of its own.
      if (provider !== "cloudflare") expect(answer.ms).toBeGreaterThanOrEqual(wait);
      expect(mesh.upstream.requests).toHaveLength(2);
    });

    // Workers AI is asked without a key.
    test.skipIf(provider === "cloudflare")("our key, said wherever a provider can, stays with us", async () => {
      const key = provider === "gemini" ? UPSTREAM_KEYS.gemini : UPSTREAM_KEYS.openai;
      mesh.upstream.play((request, response) => saysKey(key, stream)(request, response, provider));
      const requestId = idOf("echo", 0);
      const answer = await ask(provider, stream, fields, requestId);
      expect(answer.status).toBe(200);
      // What passes natively is not read on its way.
      expect(answer.text.includes(key)).toBe(mode === NATIVE.mode);
      expect(JSON.stringify([...answer.headers])).not.toContain(key);
      expect(JSON.stringify(await mesh.record(requestId))).not.toContain(key);
    });

    /** Whether the other provider answers for one that does so, and within its time. */
    async function fallsBack(name: string, play: Fault, routing: object): Promise<void> {
      const other = FALLBACKS[provider];
      mesh.upstream.play((request, response) =>
        request.url.startsWith(PATHS[provider])
          ? play(request, response, provider)
          : answerAsProvider(request, response),
      );
      const fallbacks = [{ provider: other, model: MODELS[other] }];
      const answer = await ask(provider, stream, { fallbacks, routing, ...fields }, idOf(name, 0));
      expect([answer.status, answer.headers.get("x-gateway-provider")]).toEqual([200, other]);
    }

    test("silence takes half of the time of two targets, and the other half is the fallback's", async () => {
      await fallsBack("hangs", () => {}, { timeout_ms: 1_000 });
    });

    if (!stream) return;

    /** Keep-alives, and after so many of them an answer. */
    const pings =
      (count: number): Fault =>
      async (_request, response) => {
        openStream(response);
        for (let at = 0; at < count && !response.destroyed; at++) {
          response.write(": ping\n\n");
          await new Promise((resolve) => setTimeout(resolve, IDLE_MS / 4));
        }
        write(response, event(provider, "Thought over"));
        for (const last of ending(provider)) {
          if (last === "[DONE]") response.write("data: [DONE]\n\n");
          else write(response, last);
        }
        response.end();
      };

    test("events without content and without end are no answer while a fallback waits", async () => {
      const nothing = `data: ${JSON.stringify(event(provider, ""))}\n\n`.repeat(500);
      await fallsBack(
        "nothing",
        endless(SSE, () => "", nothing),
        {},
      );
      expect(sent).toBeLessThan(64 * MIB);
    });

    test("keep-alives are no answer while a fallback waits", async () => {
      await fallsBack("pings", pings(Number.POSITIVE_INFINITY), { first_byte_timeout_ms: FIRST_BYTE_MS });
    });

    test("keep-alives are a sign of life where only a retry waits", async () => {
      mesh.upstream.play((request, response) =>
        pings((2 * FIRST_BYTE_MS) / (IDLE_MS / 4))(request, response, provider),
      );
      const routing = { max_attempts: 2, first_byte_timeout_ms: FIRST_BYTE_MS };
      const answer = await ask(provider, stream, { routing, ...fields }, idOf("thinks", 0));
      expect(answer.text).toContain("Thought over");
      expect(mesh.upstream.requests).toHaveLength(1);
    });

    test("keep-alives alone, where a retry waits, end as a 504 that says that no content came", async () => {
      mesh.upstream.play((request, response) => pings(Number.POSITIVE_INFINITY)(request, response, provider));
      const routing = { max_attempts: 2, timeout_ms: 2 * IDLE_MS };
      const answer = await ask(provider, stream, { routing, ...fields }, idOf("only-pings", 0));
      expect(answer.status).toBe(504);
      expect(answer.text).toContain("did not send content in time");
    });

    test("a client's own pause is none of the provider's: the rest of the stream waits for it", async () => {
      // More than the sockets on the way hold.
      const piece = event(provider, "x".repeat(20_000));
      mesh.upstream.play((_request, response) => sse(response, [...Array(600).fill(piece), ...ending(provider)]));
      const { body } = await send(provider, stream, fields, idOf("pauses", 0));
      await new Promise((resolve) => setTimeout(resolve, 4 * IDLE_MS));
      const text = await new Response(body).text();
      expect(text.slice(-500)).toContain('"finish_reason":"stop"');
      expect(text.slice(-500)).not.toContain('"error"');
    });

    test("a stream that goes on beyond the time for all of it ends with an error that says so", async () => {
      mesh.upstream.play(async (_request, response) => {
        openStream(response);
        while (!response.destroyed) {
          write(response, event(provider, "more "));
          await new Promise((resolve) => setTimeout(resolve, IDLE_MS / 4));
        }
      });
      const answer = await ask(
        provider,
        stream,
        { routing: { timeout_ms: 2 * IDLE_MS }, ...fields },
        idOf("endless", 0),
      );
      expect(JSON.parse(events(answer.text).at(-1) ?? "")).toMatchObject({
        error: { code: "upstream_timeout", message: expect.stringContaining("the whole answer") },
      });
    });

    test("a stream whose pauses are shorter than the idle deadline is whole", async () => {
      const pieces = Array.from({ length: 8 }, (_, at) => event(provider, `piece ${at} `));
      mesh.upstream.play((_request, response) => sse(response, [...pieces, ...ending(provider)], IDLE_MS / 2));
      const requestId = idOf("steady", 0);
      const answer = await ask(provider, stream, fields, requestId);
      expect(answer.text).toContain("piece 7");
      expect(answer.text).toContain('"finish_reason":"stop"');
      expect(answer.text).not.toContain('"error"');
      expect((await mesh.record(requestId)).stream_end).toBe("complete");
    });
  });
});

test("whatever was sent, the Workers' process has not grown with it", async () => {
  // What it takes for an ordinary answer is about 200 MB; a gzip bomb alone holds 256.
  const peak = await mesh.peakMemory();
  expect(peak ?? 0).toBeLessThan(900 * MIB);
});
