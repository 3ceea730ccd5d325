import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Caller } from "../src/call.ts";
import { listModels, readModels } from "../src/models.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A caller of one upstream, whose answers are these in turn. */
function callerOf(name: string, answers: (() => Response)[]) {
  const call = vi.fn(async () => {
    const response = answers[call.mock.calls.length - 1]?.();
    if (response === undefined) throw new Error("down");
    return { response, abort: () => {}, key: null };
  });
  return { call, caller: { upstreams: { get: () => ({ name }) }, call } as unknown as Caller };
}

const listing = (id: string) => () => Response.json({ data: [{ id }] });
const ask = (upstream: string, caller: Caller) => listModels({ requestId: "r", sessionId: "s", upstream }, caller);

test("a list is remembered for five minutes", async () => {
  const { caller, call } = callerOf("well", [listing("a"), listing("b")]);
  expect([await ask("well", caller), await ask("well", caller)]).toEqual([[{ id: "a" }], [{ id: "a" }]]);
  expect(call).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(300_001);
  expect(await ask("well", caller)).toEqual([{ id: "b" }]);
});

test.each([
  ["that refuses", [() => new Response("no", { status: 500 }), listing("a")]],
  ["that does not answer", []],
])("an upstream %s is not asked again for half a minute", async (name, answers) => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  const { caller, call } = callerOf(name, answers);
  expect([await ask(name, caller), await ask(name, caller)]).toEqual([[], []]);
  expect(call).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(30_001);
  await ask(name, caller);
  expect(call).toHaveBeenCalledTimes(2);
});

test.each([
  ["OpenAI's", '{"object":"list","data":[{"id":"a","object":"model","created":1,"owned_by":"o"}]}'],
  ["Together's, the list alone", '[{"id":"a","created":1,"owned_by":"o","type":"chat"}]'],
])("a list is read in %s form", (_, body) => {
  expect(readModels(body)).toEqual([{ id: "a", created: 1, owned_by: "o" }]);
});
