import { readFileSync } from "node:fs";
import { join } from "node:path";
import { failureReply } from "@ai-proxy/shared/upstream/reply";
import { describe, expect, test } from "vitest";
import { readQuirks } from "../src/quirks.ts";
import { wholeAnswer } from "../src/whole-answer.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dirname, "fixtures", name), "utf8");

const context = {
  provider: "openai",
  quirks: readQuirks("test", {}),
  secrets: ["sk-0123456789"],
  fallbackWaiting: false,
};
const completion = (message: object, finish_reason = "stop") =>
  JSON.stringify({ model: "gpt-4o-2024-08-06", choices: [{ index: 0, message, finish_reason }] });

test("an answer comes back byte for byte, with its usage read", () => {
  const body =
    '{ "choices":[{"message":{"content":"\\u00e9"},"finish_reason":"stop"}],"n":12345678901234567,\n"model":"m","usage":{"prompt_tokens":3,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1},"completion_tokens_details":{"reasoning_tokens":1}}}';
  expect(wholeAnswer(body, { "x-ratelimit-limit-requests": "5" }, context)).toEqual({
    status: 200,
    headers: { "content-type": "application/json", "x-ratelimit-limit-requests": "5" },
    body,
    usage: { promptTokens: 3, completionTokens: 2, cachedTokens: 1, reasoningTokens: 1 },
    servedModel: "m",
  });
});

describe("an answer with nothing in it", () => {
  const empty = [
    completion({ role: "assistant", content: null }),
    completion({ content: "", tool_calls: [] }),
    '{"choices":[]}',
    '{"choices":null}',
    '{"object":"chat.completion","model":"m","usage":{"prompt_tokens":9,"completion_tokens":0}}',
    '{"choices":[{"text":"","finish_reason":"stop"}]}',
    // OpenRouter, of a provider that gave nothing.
    '{"choices":[{"finish_reason":null,"native_finish_reason":null,"message":{"content":"","reasoning":null}}]}',
    completion({ content: null }, "error"),
    // DeepSeek, when it was interrupted.
    completion({ content: "" }, "insufficient_system_resource"),
    // vLLM, of a call that it demanded and could not read; Together's other word for a normal end.
    completion({ content: null, tool_calls: [] }, "tool_calls"),
    completion({ content: "" }, "eos"),
  ];
  test.each(empty)("fails when another attempt waits: %s", (body) => {
    const expected = expect.objectContaining({ condition: "empty_completion", status: 502 });
    expect(() => wholeAnswer(body, {}, { ...context, fallbackWaiting: true })).toThrow(expected);
  });
  test.each(empty)("is passed on as it is when none does: %s", (body) => {
    expect(wholeAnswer(body, {}, context).body).toBe(body);
  });
  test.each([
    completion({ content: "x" }),
    completion({ content: null, refusal: "no" }),
    completion({ content: null, tool_calls: [{}] }, "tool_calls"),
    completion({ content: null, function_call: { name: "f" } }),
    completion({ content: null, audio: { id: "a" } }),
    completion({ content: "", reasoning: "hm" }),
    completion({ content: "", images: [{ type: "image_url" }] }),
    completion({ content: null }, "content_filter"),
    completion({ content: null }, "length"),
    completion({ content: null }, "model_length"),
    '{"data":[{"embedding":[1]}]}',
    '{"choices":[{"text":"x","finish_reason":"stop"}]}',
  ])("is not: %s", (body) => {
    expect(wholeAnswer(body, {}, { ...context, fallbackWaiting: true }).body).toBe(body);
  });
});

test.each(["<html>", "", "[]", '"x"', '{"cut":'])("what is no JSON object is a 502: '%s'", (body) => {
  expect(() => wholeAnswer(body, {}, context)).toThrow(
    expect.objectContaining({ status: 502, condition: "invalid_response" }),
  );
});

test("a 200 that holds an error object is an error", () => {
  const body = '{"error":{"message":"overloaded","code":503}}';
  expect(() => wholeAnswer(body, {}, context)).toThrow(
    expect.objectContaining({ condition: "overloaded", message: "overloaded" }),
  );
  expect(wholeAnswer('{"error":null,"choices":[]}', {}, context).status).toBe(200);
});

test.each(["null", '"error"', '"tool_calls"'])(
  "so is one whose choice holds it, beside half an answer (OpenRouter), when another attempt waits: finish_reason %s",
  (reason) => {
    const half = `"finish_reason":${reason},"message":{"content":"Once upon"}`;
    const body = (error: string) => `{"choices":[{${half},"error":${error}}]}`;
    const failing = '{"code":502,"message":"Provider sk-0123456789"}';
    const waiting = { ...context, fallbackWaiting: true };
    expect(() => wholeAnswer(body(failing), {}, waiting)).toThrow(
      expect.objectContaining({ status: 502, condition: "upstream_error", message: "Provider [redacted]" }),
    );
    expect(wholeAnswer(body("null"), {}, waiting).body).toBe(body("null"));
    expect(wholeAnswer(body(failing), {}, context).body).toBe(body('{"code":502,"message":"Provider [redacted]"}'));
  },
);

test("a key that the upstream echoes in its answer is taken out", () => {
  expect(wholeAnswer(completion({ content: "sk-0123456789" }), {}, context).body).not.toContain("sk-0123456789");
  const escaped = String.raw`{"choices":[{"message":{"content":"sk\u002d0123456789"}}],"created":1.0}`;
  const clean = '{"choices":[{"message":{"content":"[redacted]"}}],"created":1.0}';
  expect(wholeAnswer(escaped, {}, context).body).toBe(clean);
});

test("content that is an object becomes its JSON text where the upstream's entry asks for it (Workers AI's REST endpoint)", () => {
  const quirks = readQuirks("test", { content: "text" });
  const body = '{"choices":[{"message":{"content":{"age": 32.0,"name":"\\u00c9\\"mily"},"refusal":null}}],"n":1.0}';
  expect(wholeAnswer(body, {}, { ...context, quirks }).body).toBe(
    '{"choices":[{"message":{"content":"{\\"age\\": 32.0,\\"name\\":\\"\\\\u00c9\\\\\\"mily\\"}","refusal":null}}],"n":1.0}',
  );
  const parts = completion({ content: [{ type: "text", text: "a" }] });
  expect(wholeAnswer(parts, {}, { ...context, quirks }).body).toBe(parts);
});

test("reasoning appears as reasoning_content where the upstream's entry asks for it, all else byte for byte", () => {
  const quirks = readQuirks("test", { reasoning: "copy" });
  const body = '{"choices":[{"message":{ "reasoning":"\\u00e9 1.0","content":"x"},"n":1.0}]}';
  expect(wholeAnswer(body, {}, { ...context, quirks }).body).toBe(
    '{"choices":[{"message":{ "reasoning":"\\u00e9 1.0","reasoning_content":"\\u00e9 1.0","content":"x"},"n":1.0}]}',
  );
});

describe("what was spent on an answer that failed is reported with the failure", () => {
  const usage = '"usage":{"prompt_tokens":9,"completion_tokens":4}';
  const spent = { promptTokens: 9, completionTokens: 4 };
  const waiting = { ...context, fallbackWaiting: true };
  const failure = (body: string) => {
    try {
      wholeAnswer(body, {}, waiting);
    } catch (thrown) {
      return failureReply(thrown);
    }
    throw new Error("an answer");
  };

  test("of an empty completion", () => {
    expect(failure(`{"choices":[],${usage}}`)).toMatchObject({ usage: spent, failure: { code: "empty_completion" } });
  });

  test("of an error beside half an answer", () => {
    expect(failure(fixture("openrouter-choice-error.json"))).toMatchObject({
      status: 502,
      usage: { promptTokens: 12, completionTokens: 2 },
      failure: { code: "502", upstreamStatus: 502 },
    });
  });

  test("of an error object with counts, and of one without", () => {
    expect(failure(`{"error":{"message":"m"},${usage}}`).usage).toMatchObject(spent);
    expect(failure('{"error":{"message":"m"}}').usage).toBeNull();
  });
});

test("Workers AI's answer to a JSON schema has its content as text, where the upstream's entry asks for it", () => {
  const body = fixture("workers-ai-json-schema.json");
  const reply = wholeAnswer(body, {}, { ...context, quirks: readQuirks("test", { content: "text" }) });
  expect(JSON.parse(String(reply.body)).choices[0].message.content).toBe('{ "city": "Oslo", "population": 709037.0 }');
});

test("a content in parts becomes text and reasoning_content (Mistral)", () => {
  const quirks = readQuirks("test", { content: "parts" });
  const thinking = { type: "thinking", thinking: [{ type: "text", text: "hm" }] };
  const both = completion({ role: "assistant", content: [thinking, { type: "text", text: "Hi" }], tool_calls: null });
  const { body } = wholeAnswer(both, {}, { ...context, quirks });
  expect(JSON.parse(String(body)).choices[0].message).toEqual({
    role: "assistant",
    content: "Hi",
    reasoning_content: "hm",
    tool_calls: null,
  });
  const only = completion({ role: "assistant", content: [thinking] }, "length");
  expect(JSON.parse(String(wholeAnswer(only, {}, { ...context, quirks }).body)).choices[0].message).toEqual({
    role: "assistant",
    content: "",
    reasoning_content: "hm",
  });
});
