import type { WholeReply } from "@ai-proxy/shared/contract/relay";
import { runAttempt } from "@ai-proxy/shared/upstream/attempt";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { passThrough } from "../src/passthrough.ts";
import { Upstreams } from "../src/upstreams.ts";

const KEY = "sk-0123456789";
const MIB = 1024 * 1024;

beforeEach(() => {
  vi.stubGlobal("IdentityTransformStream", TransformStream);
});
afterEach(() => vi.unstubAllGlobals());

/** What an opened path answers when the upstream answers so. */
async function answerTo(response: Response, ceiling = ""): Promise<WholeReply> {
  vi.stubGlobal("fetch", async () => response);
  const request = { method: "GET", path: "/files/1", search: "", body: null, requestId: "r", sessionId: "s" };
  const upstreams = new Upstreams({ OPENAI_API_KEY: KEY });
  const reply = await runAttempt(request, async (attempt) => passThrough(request, upstreams, attempt, () => {}), {
    MAX_ANSWER_BYTES: ceiling,
  });
  if ("response" in reply) throw new Error("a stream of events");
  return reply;
}

const typed = (body: BodyInit, type: string, headers: Record<string, string> = {}) =>
  new Response(body, { headers: { "content-type": type, ...headers } });

test.each([
  ["application/json", `{"a":"${KEY}"}`, '{"a":"[redacted]"}'],
  ["Application/JSON; charset=utf-8", `{"a":"${KEY}"}`, '{"a":"[redacted]"}'],
  ["text/plain", `It is "${KEY}", ${KEY}.`, 'It is "[redacted]", [redacted].'],
  ["Text/VTT", `WEBVTT ${KEY}`, "WEBVTT [redacted]"],
])("our key in %s stays with us", async (type, body, clean) => {
  expect(await answerTo(typed(body, type))).toMatchObject({ body: clean, headers: { "content-type": type } });
});

test("nor does it stand in a header", async () => {
  const headers = { "content-disposition": `attachment; filename="${KEY}"`, "x-request-id": KEY, "retry-after": KEY };
  const reply = await answerTo(typed("{}", "application/json", headers));
  expect(JSON.stringify(reply)).not.toContain(KEY);
  expect(reply.headers).toMatchObject({ "content-disposition": 'attachment; filename="[redacted]"' });
});

test("a text in another encoding keeps its bytes", async () => {
  const latin = Uint8Array.of(0x63, 0x61, 0x66, 0xe9);
  expect((await answerTo(typed(latin, "text/plain; charset=iso-8859-1"))).body).toEqual(latin);
});

test("a small file is known to be whole; a large one passes as a stream, however large", async () => {
  const small = Uint8Array.from({ length: 1_000 }, (_, at) => at % 256);
  expect((await answerTo(typed(small, "audio/mpeg"))).body).toEqual(small);
  const large = new Uint8Array(5 * MIB).map((_, at) => at % 251);
  const { body } = await answerTo(typed(large, "audio/mpeg"), String(2 * MIB));
  expect(body).toBeInstanceOf(ReadableStream);
  if (!(body instanceof ReadableStream)) return;
  expect(Buffer.from(await new Response(body).arrayBuffer()).equals(large)).toBe(true);
});

test("JSON that is larger than the ceiling is a 502 that names it", async () => {
  expect(await answerTo(typed(`"${"x".repeat(3 * MIB)}"`, "application/json"), String(2 * MIB))).toMatchObject({
    status: 502,
    body: expect.stringContaining("MAX_ANSWER_BYTES"),
  });
});
