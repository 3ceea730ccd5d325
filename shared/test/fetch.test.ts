import { afterEach, describe, expect, test, vi } from "vitest";
import { fetchUpstream, readBody, type UpstreamAnswer } from "../upstream/fetch.ts";
import { AnswerBudget } from "../upstream/read-stream.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const options = { provider: "Acme", url: "https://acme.example/v1", headers: {}, body: "{}", firstByteMs: 1_000 };

/** A provider that never answers; what it was sent can be dropped. */
function silent(): void {
  vi.stubGlobal("fetch", (_url: string, { signal }: { signal: AbortSignal }) => {
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
}

describe("a request to a provider", () => {
  test.each([
    [{}, "POST", { "content-type": "application/json" }],
    [{ headers: { "content-type": "text/plain" } }, "POST", { "content-type": "text/plain" }],
    [{ method: "GET", body: null }, "GET", {}],
  ])("%j is a %s with the headers %j, and follows no redirect", async (rest, method, headers) => {
    const fetched = vi.fn(async (_url: string, _init: RequestInit) => new Response("ok"));
    vi.stubGlobal("fetch", fetched);
    await fetchUpstream({ ...options, ...rest });
    expect(fetched.mock.calls[0]?.[1]).toMatchObject({ method, redirect: "manual" });
    expect(fetched.mock.calls[0]?.[1].headers).toEqual(headers);
  });

  test("that finds no connection is a failure of the network's", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("refused");
    });
    await expect(fetchUpstream(options)).rejects.toMatchObject({ condition: "network", code: "upstream_unreachable" });
  });

  test("that is not answered in time is dropped: a time-out", async () => {
    vi.useFakeTimers();
    silent();
    const failed = expect(fetchUpstream(options)).rejects.toMatchObject({ status: 504, condition: "timeout" });
    await vi.advanceTimersByTimeAsync(1_000);
    await failed;
  });

  test("that is no longer wanted is dropped", async () => {
    silent();
    await expect(fetchUpstream({ ...options, cancelled: async () => {} })).rejects.toMatchObject({
      condition: "network",
    });
  });

  test("goes on when the gateway that might have dropped it is gone", async () => {
    vi.stubGlobal("fetch", async () => new Response("ok"));
    const cancelled = async () => {
      throw new Error("disposed");
    };
    expect((await fetchUpstream({ ...options, cancelled })).response.status).toBe(200);
  });
});

describe("the body of an answer", () => {
  const answerOf = (body: BodyInit | null, abort = () => {}): UpstreamAnswer => ({
    response: new Response(body),
    abort,
  });

  const reading = (leftMs: number, bytes = 1_000) => ({ provider: "Acme", leftMs, budget: new AnswerBudget(bytes) });

  test("is read as text", async () => {
    expect(await readBody(answerOf('"é"'), reading(1_000))).toBe('"é"');
  });

  test("that is larger than the ceiling is dropped: a 502", async () => {
    let aborted = 0;
    const answer = answerOf("x".repeat(11), () => aborted++);
    await expect(readBody(answer, reading(1_000, 10))).rejects.toMatchObject({ status: 502 });
    expect(aborted).toBe(1);
  });

  test("that breaks off is a failure of the network's", async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });
    await expect(readBody(answerOf(body), reading(1_000))).rejects.toMatchObject({ condition: "network" });
  });

  test.each([1_000, 0, -5])("that does not come within %i ms is dropped: a time-out", async (leftMs) => {
    vi.useFakeTimers();
    let fail = (_error: Error) => {};
    const body = new ReadableStream({
      start: (controller) => {
        fail = (error) => controller.error(error);
      },
    });
    const answer = answerOf(body, () => fail(new Error("aborted")));
    const failed = expect(readBody(answer, reading(leftMs))).rejects.toMatchObject({
      status: 504,
      condition: "timeout",
    });
    await vi.advanceTimersByTimeAsync(Math.max(0, leftMs));
    await failed;
  });
});
