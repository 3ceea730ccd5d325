import { Attempt } from "@ai-proxy/shared/upstream/attempt";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type NativeStreamOptions, nativeStream } from "../src/native-stream.ts";
import { StreamMeter } from "../src/stream-meter.ts";

const CHUNK = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';
const ROLE = 'data: {"choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]}\n\n';
const FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const DONE = "data: [DONE]\n\n";
const ERROR = 'data: {"error":{"message":"busy","code":503}}\n\n';
const PING = ": ping\n\n";

beforeEach(() => {
  // Node has neither; what matters here is that bytes pass and time does.
  vi.stubGlobal("IdentityTransformStream", TransformStream);
  vi.stubGlobal("scheduler", { wait: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)) });
});
afterEach(() => vi.unstubAllGlobals());

/** A provider's stream that a test writes piece by piece; `dropped` once the relay has dropped it. */
function provider(...pieces: string[]) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({}, undefined, {
    highWaterMark: 100,
  });
  const writer = writable.getWriter();
  const dropped = Promise.withResolvers<void>();
  const send = (text: string) => void writer.write(new TextEncoder().encode(text)).catch(() => {});
  for (const piece of pieces) send(piece);
  return {
    upstream: readable,
    send,
    end: () => void writer.close().catch(() => {}),
    reset: () => void writer.abort(new Error("reset")).catch(() => {}),
    drop: () => {
      dropped.resolve();
      writer.abort(new Error("dropped")).catch(() => {});
    },
    dropped: dropped.promise,
  };
}

function open(source: ReturnType<typeof provider>, rest: Partial<NativeStreamOptions> = {}) {
  return nativeStream({
    provider: "Acme",
    attempt: new Attempt({ requestId: "r", sessionId: "s" }),
    upstream: source.upstream,
    meter: new StreamMeter("Acme", 20),
    holdForContent: false,
    endsWithDone: true,
    deadlines: { firstByteMs: 10_000, contentMs: 10_000, idleMs: 10_000, totalMs: 10_000 },
    abortUpstream: source.drop,
    waitUntil: () => {},
    headers: {},
    ...rest,
  });
}

describe("a stream", () => {
  test.each([
    ["whole", CHUNK + FINISH + DONE, "", "complete"],
    ["without its [DONE]", CHUNK + FINISH, DONE, "complete"],
    ["without its finish", CHUNK, '"code":"upstream_stream_cut"', "cut"],
    ["with an error of the provider's own", CHUNK + ERROR, "", "cut"],
  ])("%s passes with what its end lacks", async (_, sent, added, end) => {
    const source = provider(sent);
    source.end();
    const reply = await open(source);
    const text = await reply.response.text();
    expect(text.startsWith(sent)).toBe(true);
    expect(text.slice(sent.length)).toContain(added);
    expect(await reply.usage()).toMatchObject({ end });
  });

  test("whose connection is reset ends in an error event", async () => {
    const source = provider(CHUNK);
    const reply = await open(source);
    const reading = reply.response.text();
    source.reset();
    expect(await reading).toContain('"code":"upstream_stream_cut"');
    expect(await reply.usage()).toMatchObject({ end: "cut", errorCode: "upstream_stream_cut" });
  });

  test("that falls silent is dropped, and ends in an error event", async () => {
    const source = provider(CHUNK);
    const deadlines = { firstByteMs: 10_000, contentMs: 10_000, idleMs: 30, totalMs: 10_000 };
    const reply = await open(source, { deadlines });
    expect(await reply.response.text()).toContain('"code":"upstream_timeout"');
    await source.dropped;
    expect(await reply.usage()).toMatchObject({ end: "cut", errorCode: "upstream_timeout" });
  });

  test("that the gateway cancels is dropped", async () => {
    const source = provider(CHUNK);
    const reply = await open(source);
    await reply.response.body?.getReader().read();
    reply.cancel();
    await source.dropped;
    expect(await reply.usage()).toMatchObject({ end: "aborted" });
  });

  test("that begins with comments passes them on, and an error after them is told in OpenAI's form", async () => {
    const source = provider(PING);
    const reply = await open(source);
    const reader = reply.response.body?.getReader();
    const decoder = new TextDecoder();
    expect(decoder.decode((await reader?.read())?.value)).toBe(PING);
    source.send(ERROR);
    const event = decoder.decode((await reader?.read())?.value);
    expect(JSON.parse(event.slice("data: ".length))).toMatchObject({ error: { message: "busy", param: null } });
    expect((await reader?.read())?.done).toBe(true);
    expect(await reply.usage()).toMatchObject({ end: "cut", errorCode: "503" });
  });

  test("that begins with comments goes on natively once an event has come", async () => {
    const source = provider(PING);
    const reply = await open(source);
    for (const text of [PING, CHUNK, FINISH, DONE]) source.send(text);
    source.end();
    expect(await reply.response.text()).toBe(PING + PING + CHUNK + FINISH + DONE);
    expect(await reply.usage()).toMatchObject({ end: "complete" });
  });
});

describe("a stream that is held until there is content", () => {
  const held = { holdForContent: true };

  test.each([
    ["an error event", ROLE + ERROR, "overloaded"],
    ["an end without a finish", ROLE, "network"],
    ["an end with nothing said", ROLE + FINISH + DONE, "empty_completion"],
    ["no stream at all", "<html>", "invalid_response"],
  ])("fails with %s", async (_, sent, condition) => {
    const source = provider(sent);
    source.end();
    await expect(open(source, held)).rejects.toMatchObject({ condition });
    await source.dropped;
  });

  test("fails when the connection is reset", async () => {
    const source = provider(ROLE);
    const opening = expect(open(source, held)).rejects.toMatchObject({ condition: "network" });
    source.reset();
    await opening;
  });

  test("fails when no content comes in its time, whatever else does", async () => {
    const source = provider(PING, ROLE);
    const deadlines = { firstByteMs: 10_000, contentMs: 30, idleMs: 10_000, totalMs: 10_000 };
    await expect(open(source, { ...held, deadlines })).rejects.toMatchObject({
      condition: "timeout",
      message: "Acme did not send content in time.",
    });
    await source.dropped;
  });

  test("is answered with all that has come, once content has", async () => {
    const source = provider(ROLE, CHUNK);
    const reply = await open(source, held);
    source.send(FINISH + DONE);
    source.end();
    expect(await reply.response.text()).toBe(ROLE + CHUNK + FINISH + DONE);
  });
});

test("an API that passes through may end as it likes", async () => {
  const source = provider('event: x\ndata: {"type":"x"}\n\n');
  source.end();
  const reply = await open(source, { endsWithDone: false });
  expect(await reply.response.text()).toBe('event: x\ndata: {"type":"x"}\n\n');
  expect(await reply.usage()).toMatchObject({ end: "complete" });
});
