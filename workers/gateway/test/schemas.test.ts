import { describe, expect, test } from "vitest";
import { validate } from "../src/request/schemas.ts";

describe("a field that is wrong is named", () => {
  const messages = [{ role: "user", content: "hi" }];
  test.each([
    ["messages", {}, "missing_required_parameter"],
    ["messages", { messages: "hi" }, "invalid_type"],
    ["messages", { messages: [] }, "invalid_value"],
    ["messages[0]", { messages: ["hi"] }, "invalid_type"],
    ["messages[1].role", { messages: [...messages, { content: "x" }] }, "missing_required_parameter"],
    ["messages[0].content", { messages: [{ role: "user", content: 5 }] }, "invalid_type"],
    ["messages[0].content[1]", { messages: [{ role: "user", content: [{ type: "text" }, "x"] }] }, "invalid_type"],
    ["messages[0]", { messages: [[]] }, "invalid_type"],
    ["tools[0]", { messages, tools: [[]] }, "invalid_type"],
    ["stream_options", { messages, stream_options: [] }, "invalid_type"],
    ["temperature", { messages, temperature: "hot" }, "invalid_type"],
    ["max_tokens", { messages, max_tokens: "9" }, "invalid_type"],
    ["n", { messages, n: [1] }, "invalid_type"],
    ["stream", { messages, stream: "yes" }, "invalid_type"],
    ["stop", { messages, stop: 5 }, "invalid_type"],
    ["tools", { messages, tools: {} }, "invalid_type"],
    ["response_format.type", { messages, response_format: {} }, "missing_required_parameter"],
    ["model", { messages, model: 4 }, "invalid_type"],
    ["model", { messages, model: "gpt-4\nx-injected: 1" }, "invalid_value"],
    ["model", { messages, model: "half \ud83d" }, "invalid_value"],
    ["provider", { messages, provider: "" }, "invalid_value"],
    ["fallbacks", { messages, fallbacks: "gpt-4" }, "invalid_type"],
    ["fallbacks[0]", { messages, fallbacks: [5] }, "invalid_type"],
    ["fallbacks[0].provider", { messages, fallbacks: [{ model: "gpt-4" }] }, "missing_required_parameter"],
    ["fallbacks[1].model", { messages, fallbacks: ["llama4", { provider: "openai", model: 5 }] }, "invalid_type"],
    ["fallbacks[0].mdoel", { messages, fallbacks: [{ provider: "openai", mdoel: "x" }] }, "unknown_parameter"],
    ["routing", { messages, routing: [] }, "invalid_type"],
    ["routing.max_attempts", { messages, routing: { max_attempts: 0 } }, "invalid_value"],
    ["routing.max_attempts", { messages, routing: { max_attempts: 11 } }, "invalid_value"],
    ["routing.timeout_ms", { messages, routing: { timeout_ms: -1 } }, "invalid_value"],
    ["routing.timeout_ms", { messages, routing: { timeout_ms: 3_600_001 } }, "invalid_value"],
    ["routing.first_byte_timeout_ms", { messages, routing: { first_byte_timeout_ms: 0.5 } }, "invalid_value"],
    ["routing.hedge_after_ms", { messages, routing: { hedge_after_ms: 0 } }, "invalid_value"],
    ["fallbacks", { messages, fallbacks: Array(6).fill("llama4") }, "invalid_value"],
    ["routing.retries", { messages, routing: { retries: 1 } }, "unknown_parameter"],
  ])("%s in %j", (param, body, code) => {
    expect(() => validate("chat", body)).toThrow(expect.objectContaining({ status: 400, param, code }));
  });

  const wrong = { a: 1 };
  test.each([
    [
      "chat",
      ["top_p", "presence_penalty", "frequency_penalty", "max_completion_tokens", "stop", "parallel_tool_calls"],
    ],
    ["chat", ["logprobs", "model", "provider", "fallbacks"]],
    ["completion", ["prompt", "echo", "temperature", "n", "stop", "model", "routing"]],
    ["embedding", ["input", "encoding_format", "dimensions", "model", "routing"]],
    ["moderation", ["input", "model", "routing"]],
    ["routable", ["model", "provider", "fallbacks", "routing"]],
  ] as const)("of a %s: %j", (kind, names) => {
    const body = { messages, prompt: "a", input: "a" };
    for (const name of names) {
      const param = name === "routing" ? "routing.a" : name;
      expect(() => validate(kind, { ...body, [name]: wrong }), name).toThrow(
        expect.objectContaining({ status: 400, param }),
      );
    }
  });

  test.each([
    ["messages[0].tool_calls", { messages: [{ role: "assistant", tool_calls: {} }] }],
    ["messages[0].tool_calls[0]", { messages: [{ role: "assistant", tool_calls: ["x"] }] }],
    ["stream_options.include_usage", { messages, stream_options: { include_usage: "yes" } }],
    ["seed", { messages, seed: "7" }],
    ["tool_choice", { messages, tool_choice: 5 }],
    ["model", { messages, model: "m".repeat(257) }],
  ])("inside a chat: %s", (param, body) => {
    expect(() => validate("chat", body)).toThrow(expect.objectContaining({ status: 400, param }));
  });

  test.each([
    ["chat", "tool_choice", ["auto", { type: "function" }]],
    ["chat", "stop", ["x", ["x", "y"]]],
    ["chat", "model", ["m".repeat(256)]],
    ["completion", "prompt", ["a", ["a", "b"], [1, 2], [[1], [2]], null]],
    ["embedding", "input", ["a", ["a", "b"], [1, 2], [[1], [2]]]],
    ["embedding", "encoding_format", ["float", "base64", null]],
    ["moderation", "input", ["a", ["a", "b"], [{ type: "text", text: "a" }]]],
  ] as const)("and every form that OpenAI has for it passes: %s, %s", (kind, name, values) => {
    for (const value of values) {
      const body = { messages, input: "a", [name]: value };
      expect(validate(kind, body)).toMatchObject(body);
    }
  });

  test("and what is at its bound passes", () => {
    const routing = { max_attempts: 10, timeout_ms: 3_600_000, first_byte_timeout_ms: 1, hedge_after_ms: 1 };
    const body = { messages, max_tokens: 1, n: 1, fallbacks: Array(5).fill("llama4"), routing };
    expect(validate("chat", body)).toMatchObject(body);
  });

  test("and what we do not know passes", () => {
    const body = {
      messages: [{ role: "new-role", content: [{ type: "new-part" }], x: 1 }],
      new_field: { a: 1 },
      temperature: 99,
      stop: null,
    };
    expect(validate("chat", body)).toMatchObject(body);
  });

  test.each([
    ["chat", "max_tokens", [0, -1, 1e12]],
    ["chat", "max_completion_tokens", [0, -1]],
    ["chat", "n", [0, 200]],
    ["chat", "seed", [-1, 2 ** 70, 0.5]],
    ["chat", "logprobs", [true, 5, 0]],
    ["chat", "top_logprobs", [-1, 50]],
    ["completion", "max_tokens", [0, -1]],
    ["completion", "logprobs", [20, -1]],
    ["embedding", "dimensions", [0, -1]],
    ["embedding", "encoding_format", ["float", "base64", "bytes"]],
    ["embedding", "input", [[{ image: "https://x.y/a.png" }, { text: "a" }]]],
  ] as const)("a limit that not every provider has is left to the provider: %s, %s %j", (kind, name, values) => {
    for (const value of values) {
      const body = { messages, prompt: "a", input: "a", [name]: value };
      expect(validate(kind, body)).toMatchObject(body);
    }
  });

  test.each([
    ["input", {}],
    ["input", { input: [] }],
    ["encoding_format", { input: "x", encoding_format: 5 }],
    ["dimensions", { input: "x", dimensions: "many" }],
  ])("of an embedding: %s in %j", (param, body) => {
    expect(() => validate("embedding", body)).toThrow(expect.objectContaining({ status: 400, param }));
  });
});
