import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listModels, readModels } from "../src/list-models.ts";
import { Upstreams } from "../src/upstreams.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** An upstream of this name, whose answers are these in turn. */
function upstreamOf(name: string, answers: (() => Response)[], secrets: Record<string, string> = {}) {
  const fetched = vi.fn(async (_url: string, _init: RequestInit) => {
    const response = answers[fetched.mock.calls.length - 1]?.();
    if (response === undefined) throw new Error("down");
    return response;
  });
  vi.stubGlobal("fetch", fetched);
  const [key] = Object.keys(secrets);
  const entry = { base_url: "https://api.example/v1?v=1", headers: { "x-team": "a" }, key };
  return { fetched, upstreams: new Upstreams({ UPSTREAMS: { [name]: entry }, ...secrets }) };
}

const listing = (id: string) => () => Response.json({ data: [{ id }] });
const ask = (upstream: string, upstreams: Upstreams) =>
  listModels({ requestId: "r", sessionId: "s", upstream }, upstreams);

test("a list is remembered for five minutes", async () => {
  const { upstreams, fetched } = upstreamOf("well", [listing("a"), listing("b")]);
  expect([await ask("well", upstreams), await ask("well", upstreams)]).toEqual([[{ id: "a" }], [{ id: "a" }]]);
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(fetched.mock.calls[0]).toMatchObject([
    "https://api.example/v1/models?v=1",
    { method: "GET", body: null, headers: { "x-team": "a" } },
  ]);
  vi.advanceTimersByTime(300_001);
  expect(await ask("well", upstreams)).toEqual([{ id: "b" }]);
});

test.each([
  ["that-refuses", [() => new Response("no", { status: 500 }), listing("a")]],
  ["that-does-not-answer", []],
])("an upstream %s: is not asked again for half a minute", async (name, answers) => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  const { upstreams, fetched } = upstreamOf(name, answers);
  expect([await ask(name, upstreams), await ask(name, upstreams)]).toEqual([[], []]);
  expect(fetched).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(30_001);
  await ask(name, upstreams);
  expect(fetched).toHaveBeenCalledTimes(2);
});

test("an upstream that is not configured lists nothing", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  expect(await ask("nobody", new Upstreams({}))).toEqual([]);
  expect(log.mock.calls.join()).toContain("nobody");
});

test.each([
  ["OpenAI's", '{"object":"list","data":[{"id":"a","object":"model","created":1,"owned_by":"o"}]}'],
  ["Together's, the list alone", '[{"id":"a","created":1,"owned_by":"o","type":"chat"}]'],
])("a list is read in %s form", (_, body) => {
  expect(readModels(body)).toEqual([{ id: "a", created: 1, owned_by: "o" }]);
});

test.each([
  ['{"data":[{"id":"a","x":2},{"id":5},null,"b"]}', [{ id: "a" }]],
  ['[{"id":"a","created":"soon","owned_by":1}]', [{ id: "a" }]],
  ["<html>", []],
  ["{}", []],
  ['{"data":{}}', []],
])("what is no model is left out of a list: %s", (body, models) => {
  expect(readModels(body)).toEqual(models);
});

test("a list without end is cut, and names that are none are left out", () => {
  const ids = Array.from({ length: 20_000 }, (_, at) => ({ id: `m${at}`, owned_by: "x".repeat(1_000) }));
  const models = readModels(JSON.stringify({ data: [{ id: "x".repeat(1_000) }, ...ids] }));
  expect(models).toHaveLength(9_999);
  expect(models[0]).toEqual({ id: "m0" });
});

test("our key in a list stays with us", async () => {
  const answer = listing("sk-0123456789");
  const { upstreams } = upstreamOf("echoing", [answer], { OPENAI_API_KEY: "sk-0123456789" });
  expect(await ask("echoing", upstreams)).toEqual([{ id: "[redacted]" }]);
});
