import type { RelayRequest, WholeReply } from "@ai-proxy/shared/contract/relay";
import { toApiError } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { Attempt, runAttempt } from "@ai-proxy/shared/upstream/attempt";
import { describe, expect, test } from "vitest";
import { ModelAttempt } from "../src/model-attempt.ts";

const REFUSAL = "5023: JSON Schema mode is not supported with stream mode.";

/** A model that refuses streams in JSON mode; `runs` notes the inputs of each run. */
function modelNamed(model: string, refusal = REFUSAL) {
  const runs: unknown[] = [];
  const ai = {
    run: async (_model: string, inputs: object) => {
      runs.push(inputs);
      if (isObject(inputs) && inputs["stream"] === true) throw new Error(refusal);
      return { response: { city: "Oslo" } };
    },
  };
  const request = { body: "{}", model, requestedModel: model } as RelayRequest;
  const attempt = new Attempt(request);
  const world = { ai, settings: { gatewayId: "", cacheTtl: "" }, waitUntil: () => {} };
  const run = (inputs: JsonObject) => new ModelAttempt(request, attempt, world).run(inputs);
  return { runs, attempt, run };
}

test("runs of a model are counted, those that were refused too", async () => {
  const { runs, attempt, run } = modelNamed("@cf/counted");
  await run({ prompt: "x", response_format: { type: "json_object" }, stream: true });
  expect([runs.length, attempt.upstreamRequests]).toEqual([2, 2]);
});

describe("a stream that a model's JSON mode refuses", () => {
  const whole = { prompt: "x", response_format: { type: "json_object" } };
  const inputs = { ...whole, stream: true, stream_options: { include_usage: true } };

  test("is asked for whole, the next time at once", async () => {
    const { run, runs } = modelNamed("@cf/refuses");
    const answer = { kind: "json", body: { response: { city: "Oslo" } } };
    expect(await run(inputs)).toMatchObject(answer);
    expect(await run(inputs)).toMatchObject(answer);
    expect(runs).toEqual([inputs, whole, whole]);
  });

  test("is a failure where it is refused for something else, or is no stream of JSON", async () => {
    const other = modelNamed("@cf/other", "3040: Capacity temporarily exceeded");
    await expect(other.run(inputs).catch((thrown) => toApiError(thrown).code)).resolves.toBe("capacity_exceeded");
    const text = modelNamed("@cf/text");
    await expect(text.run({ prompt: "x", stream: true })).rejects.toMatchObject({ status: 400 });
    expect([other.runs.length, text.runs.length]).toEqual([1, 1]);
  });

  test("is two upstream requests of one attempt, answered or not", async () => {
    const inputs = { ...whole, stream: true };
    for (const answer of [null, new Error("3040: Capacity temporarily exceeded")]) {
      const ai = {
        run: async (_model: string, given: object) => {
          if ("stream" in given) throw new Error(REFUSAL);
          if (answer instanceof Error) throw answer;
          return { response: "{}" };
        },
      };
      const model = `@cf/counted-${answer instanceof Error}`;
      const request = { body: "{}", model, requestedModel: model } as RelayRequest;
      const world = { ai, settings: { gatewayId: "", cacheTtl: "" }, waitUntil: () => {} };
      const reply = await runAttempt<WholeReply>(request, async (attempt) => {
        await new ModelAttempt(request, attempt, world).run(inputs);
        return { status: 200, headers: {}, body: "{}", usage: null };
      });
      expect(reply).toMatchObject({ upstreamRequests: 2 });
    }
  });
});
