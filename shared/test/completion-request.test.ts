import { describe, expect, test } from "vitest";
import { ApiError } from "../errors.ts";
import { readCompletionRequest } from "../formats/completion-request.ts";

function refused(body: unknown): ApiError {
  try {
    readCompletionRequest(JSON.stringify(body));
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
  }
  throw new Error("was accepted");
}

describe("a /v1/completions request", () => {
  test("becomes one chat per prompt, with the fields a chat knows", () => {
    const plan = readCompletionRequest(
      JSON.stringify({ model: "m", prompt: ["a", "b"], n: 2, stop: "x", max_tokens: 5, logprobs: 2, echo: true }),
    );
    expect(plan.n).toBe(2);
    expect(plan.prompts.map((prompt) => prompt.echo)).toEqual(["a", "b"]);
    expect(JSON.parse(plan.prompts[1]?.chat ?? "")).toEqual({
      model: "m",
      n: 2,
      stop: "x",
      max_tokens: 5,
      logprobs: true,
      top_logprobs: 2,
      messages: [{ role: "user", content: "b" }],
    });
  });

  test.each([
    [{ prompt: [[1, 2]] }, "prompt[0]", "invalid_type"],
    [{ prompt: [1, 2, 3] }, "prompt[0]", "invalid_type"],
    [{ prompt: Array(33).fill(1) }, "prompt[0]", "invalid_type"],
    [{ prompt: Array(33).fill("a") }, "prompt", "array_above_max_length"],
    [{ prompt: [] }, "prompt", "invalid_type"],
    [{}, "prompt", "invalid_type"],
    [{ prompt: "a", suffix: "b" }, "suffix", "unsupported_parameter"],
    [{ prompt: "a", best_of: 3, n: 2 }, "best_of", "unsupported_value"],
    [{ prompt: "a", max_tokens: 0, echo: true }, "max_tokens", "unsupported_value"],
  ])("%j is refused with the field named", (body, param, code) => {
    expect(refused(body)).toMatchObject({ status: 400, param, code });
  });

  test("best_of equal to n, an empty suffix, nulls and 32 prompts are taken", () => {
    expect(readCompletionRequest('{"prompt":"a","best_of":1,"suffix":null,"echo":null}').prompts).toHaveLength(1);
    const most = { prompt: Array(32).fill("a"), suffix: "", best_of: null };
    expect(readCompletionRequest(JSON.stringify(most)).prompts).toHaveLength(32);
  });

  test.each([
    [null, {}],
    [0, { logprobs: true }],
    [3, { logprobs: true, top_logprobs: 3 }],
  ])("logprobs %j are a chat's %j", (logprobs, expected) => {
    const [prompt] = readCompletionRequest(JSON.stringify({ prompt: "a", logprobs })).prompts;
    expect(JSON.parse(prompt?.chat ?? "")).toEqual({ ...expected, messages: [{ role: "user", content: "a" }] });
  });
});
