import { toApiError } from "@ai-proxy/shared/errors";
import type { JsonObject } from "@ai-proxy/shared/json";
import { AnswerBudget } from "@ai-proxy/shared/upstream/read-stream";
import { describe, expect, test } from "vitest";
import { type AiBinding, answerBody, answerStream, type ModelRun, runModel } from "../src/run.ts";

const run: ModelRun = {
  model: "@cf/x",
  inputs: {},
  options: { returnRawResponse: true },
  firstByteMs: 1_000,
  cancelled: undefined,
  budget: new AnswerBudget(1_000_000),
};
const streamRun: ModelRun = { ...run, inputs: { stream: true } };

/** A binding whose `run` gives this; `calls` notes what it was called with. */
function binding(result: () => unknown, more: Partial<AiBinding> = {}): AiBinding & { calls: unknown[][] } {
  const calls: unknown[][] = [];
  return {
    calls,
    run: async (...args) => {
      calls.push(args);
      return result();
    },
    ...more,
  };
}

const events = 'data: {"response":"Hi"}\n\ndata: [DONE]\n\n';

describe("whatever the binding gives", () => {
  const answers: [string, () => unknown][] = [
    ["a raw JSON Response", () => Response.json({ response: "Hi" })],
    [
      "a raw JSON Response with REST's envelope",
      () => Response.json({ result: { response: "Hi" }, success: true, errors: [] }),
    ],
    ["an object", () => ({ response: "Hi" })],
    ["a bare text", () => "Hi"],
    ["a JSON text as a Response", () => new Response('"Hi"', { headers: { "content-type": "application/json" } })],
  ];

  test.each(answers)("%s is a whole answer", async (_name, result) => {
    expect(answerBody(await runModel(binding(result), run))).toEqual({ response: "Hi" });
  });

  test("a bare number is a whole answer", async () => {
    expect(
      answerBody(
        await runModel(
          binding(() => 4),
          run,
        ),
      ),
    ).toEqual({ response: 4 });
  });

  test.each(answers)("%s, where a stream was asked for, is made into one", async (_name, result) => {
    const answer = await runModel(binding(result), streamRun);
    expect(await new Response(answerStream(answer)).text()).toBe(events);
  });

  test.each([
    ["a raw Response", () => new Response(events, { headers: { "content-type": "text/event-stream" } })],
    ["a stream", () => new Response(events).body],
  ])("%s of events is a stream", async (_name, result) => {
    const answer = await runModel(binding(result), streamRun);
    expect(await new Response(answerStream(answer)).text()).toBe(events);
  });

  test("the log id of AI Gateway is kept", async () => {
    const result = () => Response.json({ response: "Hi" }, { headers: { "cf-aig-log-id": "log-1" } });
    expect(await runModel(binding(result), run)).toMatchObject({ gatewayLogId: "log-1" });
    const streamed = () => new Response(events, { headers: { "cf-aig-log-id": "log-1" } });
    expect(await runModel(binding(streamed), streamRun)).toMatchObject({ kind: "stream", gatewayLogId: "log-1" });
  });

  test.each([
    ["null", () => null],
    ["HTML", () => new Response("<html>")],
    ["a list", () => Response.json([])],
  ])("%s is no answer", async (_name, result) => {
    await expect(runModel(binding(result), run)).rejects.toMatchObject({ status: 502, condition: "invalid_response" });
  });

  const failure: JsonObject = { internalCode: 3040, description: "Busy", success: false };
  test.each([
    ["a thrown error", () => Promise.reject(new Error("3040: Busy"))],
    ["a raw Response", () => Response.json(failure, { status: 429 })],
    ["an object", () => failure],
  ])("an error as %s is the same error", async (_name, result) => {
    await expect(runModel(binding(result), run)).rejects.toMatchObject({
      status: 429,
      condition: "overloaded",
      message: "Busy",
    });
  });
});

test("a request that is nested too deeply to be written is no failure of Workers AI's", async () => {
  let deep: unknown[] = [];
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  const thrown = await runModel(
    binding(() => JSON.stringify(deep)),
    run,
  ).catch(toApiError);
  expect(thrown).toMatchObject({ status: 400, condition: "bad_request" });
});

test("the wait that Workers AI asks for is kept", async () => {
  const result = () =>
    Response.json({ errors: [{ code: 3040, message: "Busy" }] }, { status: 429, headers: { "retry-after": "3" } });
  await expect(runModel(binding(result), run)).rejects.toMatchObject({ condition: "overloaded", retryAfterMs: 3_000 });
});

test("an answer that breaks off in the middle is a failure of the network's", async () => {
  const broken = () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });
    return new Response(body, { headers: { "content-type": "application/json" } });
  };
  await expect(runModel(binding(broken), run)).rejects.toMatchObject({ status: 502, condition: "network" });
});

describe("an answer that is too large", () => {
  const small = () => ({ ...run, budget: new AnswerBudget(1_000) });
  const large = "x".repeat(10_000);

  test("is read up to the ceiling and is no answer", async () => {
    const answers = [() => Response.json({ response: large }), () => new Response(`"${large}"`).body];
    for (const result of answers) {
      await expect(runModel(binding(result), small())).rejects.toMatchObject({
        code: "invalid_upstream_response",
        message: "Workers AI's answer is larger than the 1000 bytes that MAX_ANSWER_BYTES allows.",
      });
    }
  });

  test("counts with those before it of the same attempt", async () => {
    const attempt = small();
    const ai = binding(() => Response.json({ response: "x".repeat(600) }));
    await runModel(ai, attempt);
    await expect(runModel(ai, attempt)).rejects.toMatchObject({ code: "invalid_upstream_response" });
  });

  test("and is an error keeps what it says first", async () => {
    const failure = { internalCode: 5004, description: `Bad input: ${"x".repeat(100_000)}` };
    await expect(
      runModel(
        binding(() => Response.json(failure, { status: 400 })),
        small(),
      ),
    ).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/^Bad input: x+$/),
    });
  });
});

describe("dropping a call", () => {
  /** A model that answers only when told to, with a stream that notes its end. */
  function slow() {
    const started = Promise.withResolvers<ReadableStream<Uint8Array>>();
    const dropped = Promise.withResolvers<void>();
    const stream = new ReadableStream<Uint8Array>({ cancel: () => dropped.resolve() });
    return { ai: binding(() => started.promise), answer: () => started.resolve(stream), dropped: dropped.promise };
  }

  test("an answer after the deadline is a time-out, and its stream is dropped when it comes", async () => {
    const { ai, answer, dropped } = slow();
    await expect(runModel(ai, { ...streamRun, firstByteMs: 5 })).rejects.toMatchObject({
      status: 504,
      condition: "timeout",
    });
    answer();
    await dropped;
  });

  test("a hedged attempt that lost is dropped likewise", async () => {
    const { ai, answer, dropped } = slow();
    await expect(runModel(ai, { ...streamRun, cancelled: async () => {} })).rejects.toMatchObject({
      status: 499,
      code: "client_closed_request",
      condition: "cancelled",
    });
    answer();
    await dropped;
  });

  test("the real binding gets a signal, one over RPC does not: it could not cross", async () => {
    const real = binding(() => ({ response: "Hi" }), { aiGatewayLogId: null });
    const rpc = binding(() => ({ response: "Hi" }), { aiGatewayLogId: () => {} });
    const used = binding(() => ({ response: "Hi" }), { aiGatewayLogId: "log-1" });
    const answer = await runModel(real, run);
    await runModel(rpc, run);
    await runModel(used, run);
    expect(used.calls[0]?.[2]).toMatchObject({ signal: { aborted: false } });
    expect(rpc.calls[0]?.[2]).toEqual({ returnRawResponse: true });
    const options = real.calls[0]?.[2];
    expect(options).toMatchObject({ returnRawResponse: true, signal: { aborted: false } });
    answer.abort();
    expect(options).toMatchObject({ signal: { aborted: true } });
  });
});
