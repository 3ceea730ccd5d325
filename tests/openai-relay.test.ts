import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mesh, startMesh, TOKEN } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";
import { json, type UpstreamRequest } from "./upstream.ts";

// What only shows on the wire: bytes that pass untouched, chunks that arrive as
// they are sent, and the ends of streams.

const KEYS = ["sk-first-0123456789", "sk-second-0123456789"];
const settings = {
  "openai-relay": { secrets: { OPENAI_API_KEY: KEYS.join(",") } },
  gateway: { vars: { PASSTHROUGH_PATHS: "/responses,/audio,/files" } },
};
let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh(settings);
});
afterAll(() => mesh.close());
beforeEach(() => mesh.upstream.play(answerAsProvider));

const chat = (body: object | string, headers?: Record<string, string>) =>
  mesh.post("/v1/chat/completions", body, headers);
const once = { routing: { max_attempts: 1 } };
const stream = (include_usage: boolean) => ({
  model: "gpt-4o",
  messages: [{ role: "user", content: "hi" }],
  stream: true,
  stream_options: { include_usage },
  ...once,
});

const chunk = (content: string, rest = "") =>
  `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":"${content}"},"finish_reason":null}]${rest}}\n\n`;
const FINISH =
  'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const USAGE =
  'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}\n\n';
const DONE = "data: [DONE]\n\n";

/** Plays these bytes as a stream, then ends, resets the connection, or says nothing more. */
function play(text: string, then: "end" | "reset" | "silence" = "end"): void {
  mesh.upstream.play((_request: UpstreamRequest, response: ServerResponse) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(text);
    if (then === "end") response.end();
    if (then === "reset") setTimeout(() => response.socket?.resetAndDestroy(), 50);
  });
}

describe("a request", () => {
  /** What a parser and a serializer in between would change. */
  const awkward = String.raw`{ "seed":12345678901234567, "temperature":1.0,"top_p":1E-2,
    "messages":[{"role":"user","content":"\"provider\":\"x\", \"model\": é\u00e9 </script>","future":{"provider":"kept","n":[1.10,{}]}}],
    "metadata":{"a":"1","a":"2"}, "model" : "gpt-4o" }`;

  test("reaches the provider byte for byte", async () => {
    expect((await chat(awkward)).status).toBe(200);
    expect(mesh.upstream.requests[0]?.text).toBe(awkward);
  });

  test("reaches it byte for byte but for our own fields", async () => {
    const response = await chat(awkward.replace("{", '{"provider":"openai","routing":{"max_attempts":1},'));
    expect(response.status).toBe(200);
    expect(mesh.upstream.requests[0]?.text).toBe(awkward.replace("{ ", "{"));
  });

  // In between a body crosses as text of two bytes a character, in one RPC call of at most 32 MiB.
  test.each([15_728_000, 15_729_000, 20_000_000])("of %d characters passes", async (length) => {
    const url = `data:image/png;base64,${"iVBO".repeat(length / 4)}`;
    const content = [
      { type: "image_url", image_url: { url } },
      { type: "text", text: "😀" },
    ];
    const response = await chat({ model: "gpt-4o", messages: [{ role: "user", content }] });
    expect(response.status).toBe(200);
    expect(mesh.upstream.requests[0]?.body.messages[0].content[0].image_url.url).toHaveLength(url.length);
  });

  test("comes back byte for byte, with the headers of the list", async () => {
    const body =
      '{ "id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"\\u00e9"},"finish_reason":"stop"}],"n":12345678901234567 }';
    mesh.upstream.play((_, response) => {
      response
        .writeHead(200, {
          "content-type": "application/json",
          "x-request-id": "req_1",
          "x-ratelimit-limit-tokens": "9",
          "set-cookie": "a=b",
          "openai-processing-ms": "3",
        })
        .end(body);
    });
    const response = await chat({ model: "gpt-4o", messages: [{ role: "user", content: "hi" }] });
    expect(await response.text()).toBe(body);
    expect(response.headers.get("x-upstream-request-id")).toBe("req_1");
    expect(response.headers.get("x-request-id")).not.toBe("req_1");
    expect(response.headers.get("x-ratelimit-limit-tokens")).toBe("9");
    expect(response.headers.get("set-cookie")).toBeNull();
  });
});

describe("a stream", () => {
  test("passes byte for byte when the client asked for usage: comments, CRLF, field order and all", async () => {
    const text = `: hello\r\n\r\n${chunk("é\\u00e9", ',"usage":null')}event: x\ndata:${FINISH.slice(6)}${USAGE}${DONE}`;
    play(text);
    expect(await (await chat(stream(true))).text()).toBe(text);
  });

  test("has no trace of the usage that only the relay asked for, and the audit has it", async () => {
    play(`${chunk("Hi", ',"usage":null')}${FINISH}${USAGE}${DONE}`);
    const requestId = "usage-not-asked";
    expect(await (await chat(stream(false), { "x-request-id": requestId })).text()).toBe(
      `${chunk("Hi")}${FINISH}${DONE}`,
    );
    expect(mesh.upstream.requests[0]?.body.stream_options).toEqual({ include_usage: true });
    const [row] = await mesh.rows(requestId);
    expect(row).toMatchObject({ prompt_tokens: 9, completion_tokens: 4, usage_estimated: 0, stream_end: "complete" });
  });

  test.each([true, false])("arrives as it is sent (usage asked for: %s)", async (asked) => {
    const pieces = ["a", "b", "c"].map((word) => chunk(word));
    const next = pieces.map(() => Promise.withResolvers<void>());
    mesh.upstream.play(async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const [at, piece] of pieces.entries()) {
        response.write(piece);
        // The next piece is sent only once this one has reached the client: a stream that is held back never ends.
        await next[at]?.promise;
      }
      response.end(FINISH + USAGE + DONE);
    });
    const { body } = await chat(stream(asked));
    let text = "";
    for await (const bytes of body ?? []) {
      text += new TextDecoder().decode(bytes);
      for (const [at, piece] of pieces.entries()) if (text.includes(piece)) next[at]?.resolve();
    }
    expect(text).toBe(pieces.join("") + FINISH + (asked ? USAGE : "") + DONE);
  });

  const errors = (text: string) =>
    [...text.matchAll(/^data: (.*"error":.*)$/gm)].map(([, data]) => JSON.parse(data ?? ""));

  test("that begins with comments passes them on, and an error that follows is told in OpenAI's form", async () => {
    const commentCame = Promise.withResolvers<void>();
    const halfWent = Promise.withResolvers<void>();
    mesh.upstream.play(async (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": PROCESSING\n\n");
      await commentCame.promise;
      response.write(': PROCESSING\n\ndata: {"error":{"message":"Upstream', () => halfWent.resolve());
      await halfWent.promise;
      response.end(' error","code":502,"metadata":{}},"user_id":"user_1"}\n\n');
    });
    const requestId = "error-after-comments";
    const { body } = await chat(stream(true), { "x-request-id": requestId });
    let got = "";
    for await (const bytes of body ?? []) {
      got += new TextDecoder().decode(bytes);
      if (got.includes("PROCESSING")) commentCame.resolve();
    }
    expect(errors(got)).toEqual([
      { error: { message: "Upstream error", type: expect.any(String), param: null, code: "502", metadata: {} } },
    ]);
    expect(got).not.toContain("[DONE]");
    expect(await mesh.rows(requestId)).toMatchObject([{ stream_end: "cut", error_code: "502" }]);
  });

  describe.each([true, false])("whose client asked for usage: %s", (asked) => {
    test.each([
      ["reset", chunk("Hi")],
      ["end", chunk("Hi")],
      ["reset", `${chunk("Hi")}data: {"id":"c","choices":[{"index":0,"delta":{"content":"half`],
      ["end", `${chunk("Hi")}data: {"id":"c","choices":[{"index":0,"finish_reason":"st`],
      ["reset", `${chunk("Hi")}da`],
    ] as const)("%s after %j: the text so far, one error event, no [DONE]", async (then, text) => {
      play(text, then);
      const got = await (await chat(stream(asked))).text();
      expect(got.startsWith(chunk("Hi"))).toBe(true);
      expect(errors(got)).toMatchObject([
        { error: { code: expect.stringMatching(/upstream/), type: expect.any(String), param: null } },
      ]);
      expect(got).not.toContain("[DONE]");
      for (const [, data] of got.matchAll(/^data: ?(.*)$/gm)) expect(() => JSON.parse(data ?? "")).not.toThrow();
    });

    test.each(["end", "reset"] as const)("%s after the finish: the missing [DONE]", async (then) => {
      play(chunk("Hi") + FINISH + USAGE, then);
      const got = await (await chat(stream(asked))).text();
      expect(got).toBe(chunk("Hi") + FINISH + (asked ? USAGE : "") + DONE);
    });

    test.each([
      ["a JSON error", "application/json", '{"error":{"message":"no","type":"t","code":"c"}}'],
      ["an error event", "text/event-stream", 'data: {"error":{"message":"no","code":500}}\n\n'],
      ["a page", "text/html", "<html>busy</html>"],
      ["nothing", "text/event-stream", ""],
      ["JSON that is no answer", "application/json", '{"choices":[],"detail":"x"}'],
    ])("begins with %s: an error before the first byte", async (_, type, body) => {
      mesh.upstream.play((_request, response) => {
        response.writeHead(200, { "content-type": type }).end(body);
      });
      const response = await chat({ ...stream(asked), routing: { max_attempts: 2 }, fallbacks: ["gpt-4o-mini"] });
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({ error: { message: expect.any(String), type: expect.any(String) } });
      expect(mesh.upstream.requests).toHaveLength(2);
    });

    test.each([
      ["alone", { routing: { max_attempts: 3 } }],
      ["with a fallback", { fallbacks: ["cloudflare/llama4"], routing: { max_attempts: 3 } }],
    ])("comes as a whole answer, %s: it is asked for once, and the client gets a stream", async (_, routing) => {
      mesh.upstream.play((request, response) => answerAsProvider(withoutStream(request), response));
      const requestId = `reframed-${asked}-${"fallbacks" in routing}`;
      const response = await chat({ ...stream(asked), ...routing }, { "x-request-id": requestId });
      expect(response.headers.get("content-type")).toMatch("text/event-stream");
      const got = await response.text();
      const sent = [...got.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
      const deltas = sent.flatMap(({ choices }) => choices);
      expect(deltas.map(({ delta }) => delta.content ?? "").join("")).toBe("Hello from openai");
      expect(deltas[0].delta.role).toBe("assistant");
      expect(deltas.at(-1).finish_reason).toBe("stop");
      expect(sent.filter(({ usage }) => usage?.total_tokens === 8)).toHaveLength(asked ? 1 : 0);
      expect(got.endsWith(DONE)).toBe(true);
      expect(mesh.upstream.requests).toHaveLength(1);
      expect(await mesh.rows(requestId)).toMatchObject([
        { prompt_tokens: 5, completion_tokens: 3, usage_estimated: 0, stream_end: "complete" },
      ]);
    });

    test("a role and no more: the next attempt serves, and nothing of the first is sent", async () => {
      mesh.upstream.play(async (request, response) => {
        if (request.body.model !== "gpt-4o") await answerAsProvider(request, response);
        else response.writeHead(200, { "content-type": "text/event-stream" }).end(chunk(""));
      });
      const response = await chat({ ...stream(asked), routing: { max_attempts: 2 }, fallbacks: ["gpt-4o-mini"] });
      const got = await response.text();
      expect(response.headers.get("x-gateway-model")).toBe("gpt-4o-mini");
      expect(got).not.toContain('"id":"c"');
      expect(got.endsWith(DONE)).toBe(true);
    });

    test("a role, and an end at the token limit: the answer is what it is, no next attempt", async () => {
      const text = chunk("") + FINISH.replace("stop", "length") + DONE;
      play(text);
      const response = await chat({ ...stream(asked), routing: { max_attempts: 2 }, fallbacks: ["gpt-4o-mini"] });
      expect(await response.text()).toBe(text);
      expect(mesh.upstream.requests).toHaveLength(1);
    });

    test("the provider's own error event ends it, with nothing after", async () => {
      play(
        `${chunk("Hi")}data: {"error":{"message":"overloaded","type":"server_error","param":null,"code":"busy"}}\n\n`,
      );
      const got = await (await chat(stream(asked))).text();
      expect(errors(got)).toMatchObject([{ error: { message: "overloaded", code: "busy" } }]);
      expect(got).not.toContain("[DONE]");
    });
  });
});

/** The request as if it had not asked for a stream. */
function withoutStream(request: UpstreamRequest): UpstreamRequest {
  return { ...request, body: { ...request.body, stream: false } };
}

describe("a stream where a whole answer was asked for", () => {
  const body = { model: "gpt-4o", messages: [{ role: "user", content: "hi" }], routing: { max_attempts: 3 } };

  test.each(["text/event-stream", "application/json"])("called %s comes as a whole answer", async (type) => {
    mesh.upstream.play((_, response) => {
      response.writeHead(200, { "content-type": type }).end(chunk("Hello ") + chunk("there") + FINISH + USAGE + DONE);
    });
    const requestId = `joined-${type.slice(0, 4)}`;
    const response = await chat(body, { "x-request-id": requestId });
    expect(response.headers.get("content-type")).toMatch("application/json");
    expect(await response.json()).toMatchObject({
      object: "chat.completion",
      choices: [{ index: 0, message: { role: "assistant", content: "Hello there" }, finish_reason: "stop" }],
      usage: { total_tokens: 13 },
    });
    expect(mesh.upstream.requests).toHaveLength(1);
    expect(await mesh.rows(requestId)).toMatchObject([{ prompt_tokens: 9, completion_tokens: 4, usage_estimated: 0 }]);
  });

  test("that breaks off is a failed attempt", async () => {
    play(chunk("Hi"));
    const response = await chat({ ...body, routing: { max_attempts: 1 } });
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: "upstream_stream_cut" } });
  });
});

describe("AI Gateway's own errors", () => {
  const own = (response: ServerResponse, code: number) =>
    json(response, 400, { success: false, result: [], error: [{ code, message: "the words" }] });
  const ask = (routing: object) => chat({ model: "gpt-4o", messages: [{ role: "user", content: "hi" }], ...routing });

  test("a provider that failed behind it is asked again, and is no fault of the request", async () => {
    mesh.upstream.play((_, response) => own(response, 2005));
    const response = await ask({ routing: { max_attempts: 2 } });
    expect(response.status).toBe(502);
    expect(mesh.upstream.requests).toHaveLength(2);
  });

  test("one that is not set up is the owner's fault, and the fallback serves", async () => {
    mesh.upstream.play((request, response) =>
      request.url.startsWith("/openai") ? own(response, 2001) : answerAsProvider(request, response),
    );
    expect((await ask({ routing: { max_attempts: 1 } })).status).toBe(503);
    const response = await ask({ fallbacks: ["cloudflare/llama4"] });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-gateway-provider")).toBe("cloudflare");
  });
});

describe("keys", () => {
  // A mesh for each: keys rest for a minute, whichever test they were refused in.
  let fresh: Mesh;
  beforeEach(async () => {
    fresh = await startMesh(settings);
  });
  afterEach(() => fresh.close());

  const messages = [{ role: "user", content: "hi" }];
  const ask = (fields: object = {}) => fresh.post("/v1/chat/completions", { model: "gpt-4o", messages, ...fields });
  const used = () => fresh.upstream.requests.map(({ headers }) => headers.authorization?.slice("Bearer ".length));

  test("a limit that both keys are over: each is asked once, then the fallback serves", async () => {
    fresh.upstream.play((request, response) =>
      request.url.startsWith("/openai")
        ? json(response, 429, { error: { message: "slow down", code: "rate_limit_exceeded" } }, { "retry-after": "60" })
        : answerAsProvider(request, response),
    );
    const response = await ask({ fallbacks: ["cloudflare/llama4"], routing: { max_attempts: 3 } });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-gateway-provider")).toBe("cloudflare");
    const asked = fresh.upstream.requests.filter(({ url }) => url.startsWith("/openai"));
    expect(asked).toHaveLength(2);
    expect(new Set(asked.map(({ headers }) => headers.authorization)).size).toBe(2);
  });

  test("a refused key rests and the next one serves; the log names it by its label only", async () => {
    fresh.upstream.play((request, response) =>
      request.headers.authorization?.endsWith(KEYS[0] ?? "")
        ? json(response, 401, { error: { message: `Incorrect API key provided: ${KEYS[0]}`, code: "invalid_api_key" } })
        : answerAsProvider(request, response),
    );
    const statuses = [];
    for (let at = 0; at < 4; at++) statuses.push((await ask()).status);
    expect(statuses).toEqual([200, 200, 200, 200]);
    expect(used().filter((key) => key === KEYS[0])).toHaveLength(1);
    expect(fresh.logs()).toContain("OPENAI_API_KEY#1");
    for (const key of KEYS) expect(fresh.logs()).not.toContain(key);
  });

  test("all refused: 502 provider_auth_error, and no key in the answer", async () => {
    fresh.upstream.play((request, response) =>
      json(response, 403, { error: { message: `Forbidden: ${request.headers.authorization}` } }),
    );
    const response = await ask();
    const text = await response.text();
    expect(response.status).toBe(502);
    expect(JSON.parse(text).error.code).toBe("provider_auth_error");
    expect(text).not.toContain("sk-");
  });
});

test("another path of the API passes byte for byte, streamed too", async () => {
  const text =
    'event: response.created\ndata: {"type":"response.created"}\n\nevent: response.completed\ndata: {"type":"response.completed","response":{"usage":{"input_tokens":3,"output_tokens":2}}}\n\n';
  play(text);
  const body = '{"input":"hi", "model":"gpt-4o","stream":true,"n":12345678901234567}';
  const response = await mesh.post("/v1/responses", body);
  expect(await response.text()).toBe(text);
  expect(mesh.upstream.requests[0]).toMatchObject({ url: "/openai/v1/responses", text: body });
});

test("another path's JSON loses our own fields, however its type is written", async () => {
  mesh.upstream.play((_, response) => json(response, 200, {}));
  const headers = { "content-type": "Application/JSON; charset=utf-8" };
  await mesh.post("/v1/responses", '{"provider":"openai", "input":"é"}', headers);
  expect(mesh.upstream.requests[0]?.text).toBe('{"input":"é"}');
});

test("a file that is downloaded keeps its bytes and its name", async () => {
  const bytes = Uint8Array.of(0, 255, 254, 13, 10, 128);
  mesh.upstream.play((_, response) => {
    const disposition = 'attachment; filename="a.bin"';
    response.writeHead(200, { "content-type": "audio/mpeg", "content-disposition": disposition }).end(bytes);
  });
  const response = await mesh.post("/v1/audio/speech", { model: "tts-1", input: "hi", voice: "alloy" });
  expect(await response.bytes()).toEqual(bytes);
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="a.bin"');
});

test("a body that is no JSON keeps its bytes, whatever its type says", async () => {
  // Latin-1: read as UTF-8 it would lose its letters.
  const body = Uint8Array.of(0x22, 0xe9, 0xff, 0x22);
  mesh.upstream.play((request, response) => json(response, 200, { base64: request.base64 }));
  const response = await fetch(new URL("/v1/files", mesh.url), {
    method: "POST",
    headers: { "content-type": "text/plain; charset=iso-8859-1", authorization: `Bearer ${TOKEN}` },
    body,
  });
  expect(await response.json()).toEqual({ base64: Buffer.from(body).toString("base64") });
});
