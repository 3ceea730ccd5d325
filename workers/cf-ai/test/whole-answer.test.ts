import type { JsonObject } from "@ai-proxy/shared/json";
import { describe, expect, test } from "vitest";
import { modelToolCallId } from "../src/tool-call-ids.ts";
import { completionOf, type StreamOptions } from "./read-answer.ts";

const SIGNED = { google: { thought_signature: "c2ln" } };

/** An id that the relay has made. */
const OURS = expect.stringMatching(/^call_[0-9a-f]{20}_\d+$/);

function choice(output: JsonObject, more: Partial<StreamOptions> = {}): unknown {
  const { body } = completionOf(output, more);
  return Array.isArray(body["choices"]) ? body["choices"][0] : undefined;
}

function calls(output: JsonObject): { id: string }[] {
  const [first] = completionOf(output).body["choices"] as { message: { tool_calls: { id: string }[] } }[];
  return first?.message.tool_calls ?? [];
}

describe("native answers", () => {
  test("text and usage, in OpenAI's shape and with the model that was asked for", () => {
    const output = { response: "Hello", usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } };
    expect(completionOf(output)).toMatchObject({
      body: {
        id: "chatcmpl-ours",
        object: "chat.completion",
        created: 1_800_000_000,
        model: "llama4",
        choices: [{ index: 0, message: { role: "assistant", content: "Hello", refusal: null }, finish_reason: "stop" }],
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      },
      usageEstimated: false,
    });
  });

  test("a call makes the finish reason tool_calls, flat or nested, its arguments an object or text", () => {
    const flat = { response: null, tool_calls: [{ name: "f", arguments: { city: "Rome" } }] };
    const nested = {
      response: "",
      tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: '{"city":"Rome"}' } }],
    };
    const fn = { name: "f", arguments: '{"city":"Rome"}' };
    expect(choice(flat)).toMatchObject({
      message: { content: null, tool_calls: [{ id: OURS, type: "function", function: fn }] },
      finish_reason: "tool_calls",
    });
    expect(choice(nested)).toMatchObject({
      message: { content: null, tool_calls: [{ id: "c1", type: "function", function: fn }] },
      finish_reason: "tool_calls",
    });
  });

  test("two calls never share an id", () => {
    const call = { id: "same", name: "f", arguments: {} };
    const given = () => calls({ response: null, tool_calls: [call, call, { name: "f", arguments: {} }] });
    const [first, ...made] = [...given(), ...given()].map(({ id }) => id);
    expect(first).toBe("same");
    expect(given().slice(1)).toMatchObject([{ id: OURS }, { id: OURS }]);
    expect(new Set(made).size).toBe(5);
  });

  test("an id that Kimi gives in every turn is made the only one, and goes back as it was", () => {
    const kimi = (id: string) => calls({ response: null, tool_calls: [{ id, name: "get_weather", arguments: {} }] });
    const [once, again] = [...kimi("functions.get_weather:0"), ...kimi("functions.get_weather:0")];
    expect(once?.id).not.toBe(again?.id);
    for (const id of ["functions.get_weather:0", "functions.get_weather:1234", "get_weather:7"]) {
      const [call] = kimi(id);
      // As OpenAI (40 characters) and Anthropic (the signs) want it.
      expect(call?.id).toMatch(/^[a-zA-Z0-9_-]{1,40}$/);
      expect(modelToolCallId(call?.id ?? "", "get_weather")).toBe(id);
    }
    expect(kimi("functions.other:0")).toMatchObject([{ id: OURS }]);
  });

  test.each([
    ["functions.f:0~call_1a2b_0", "functions.f:0"],
    ["call_1~x", "call_1~x"],
    ["call_1_f0", "call_1_f0"],
    ["call_1__thought__c2ln", "call_1"],
  ])("the id %s goes back as %s", (id, back) => {
    expect(modelToolCallId(id, "f")).toBe(back);
  });

  test("an object is given as its JSON text", () => {
    expect(choice({ response: { city: "Rome" } })).toMatchObject({ message: { content: '{"city":"Rome"}' } });
  });

  test.each([
    [42, "42"],
    [0, "0"],
    [null, null],
    [false, "false"],
  ])("the response %j is the content %j", (response, content) => {
    expect(choice({ response })).toMatchObject({ message: { content }, finish_reason: "stop" });
  });

  test("usage that the model does not give is estimated and marked", () => {
    const completion = completionOf({ response: "four by four" });
    expect(completion).toMatchObject({ usage: { promptTokens: 7, completionTokens: 3 }, usageEstimated: true });
    const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    expect(completionOf({ response: "four by four", usage: zeros })).toMatchObject(completion);
  });

  test("reasoning and calls are part of the estimate", () => {
    const usageOf = (output: JsonObject) => completionOf(output).usage;
    const spoken = { response: "four by four" };
    expect(usageOf({ ...spoken, reasoning: "four by four" })).toMatchObject({
      completionTokens: 6,
      reasoningTokens: 3,
    });
    const call = { name: "four", arguments: '{"by":"four"}' };
    expect(usageOf({ ...spoken, tool_calls: [call] })).toMatchObject({ completionTokens: 8, reasoningTokens: 0 });
  });

  test("an empty list of choices beside the text does not hide it", () => {
    expect(choice({ response: "Hi", choices: [] })).toMatchObject({ message: { content: "Hi" } });
  });

  test("an empty answer is an answer, unless another attempt waits", () => {
    expect(choice({ response: "" })).toMatchObject({ message: { content: "" }, finish_reason: "stop" });
    expect(() => choice({ response: "" }, { refuseEmpty: true })).toThrow(
      expect.objectContaining({ code: "empty_completion", condition: "empty_completion" }),
    );
  });

  test.each([
    { response: "Hi" },
    { response: "", tool_calls: [{ name: "f", arguments: {} }] },
    { response: "", finish_reason: "length" },
    { finish_reason: "length" },
    { choices: [{ text: "Hi" }] },
    { choices: [{ message: { content: "", reasoning: "Hm" } }] },
    { choices: [{ message: { content: null, refusal: "No" } }] },
  ])("%j is not an empty answer", (output) => {
    expect(completionOf(output, { refuseEmpty: true }).body["choices"]).toHaveLength(1);
  });
});

describe("OpenAI-shaped answers", () => {
  const shaped = (message: JsonObject, finish_reason: string | null = "stop") => ({
    id: "chatcmpl-theirs",
    created: 1_700_000_000,
    model: "@cf/served",
    choices: [{ index: 0, message, finish_reason }],
  });

  test("id and time are the model's, the model is the one asked for, the one that served is noted", () => {
    const completion = completionOf(shaped({ content: "Hi" }));
    expect(completion.body).toMatchObject({ id: "chatcmpl-theirs", created: 1_700_000_000, model: "llama4" });
    expect(completion.servedModel).toBe("@cf/served");
  });

  test.each(["reasoning", "reasoning_content"])("%s becomes reasoning_content", (name) => {
    const given = choice(shaped({ content: "4", [name]: "two and two" }));
    expect(given).toMatchObject({ message: { content: "4", reasoning_content: "two and two" } });
    expect(given).not.toHaveProperty("message.reasoning");
  });

  test("the model's fingerprint is given, and an id or a time that says nothing is ours", () => {
    const output = { ...shaped({ content: "Hi" }), system_fingerprint: "fp_1" };
    expect(completionOf(output).body).toMatchObject({ system_fingerprint: "fp_1" });
    for (const [id, created] of [
      ["", 0],
      [1, 0.5],
      [null, "1"],
      [undefined, -1],
    ]) {
      const { body, servedModel } = completionOf({ ...output, id, created, model: "", system_fingerprint: 1 });
      expect(body).toMatchObject({ id: "chatcmpl-ours", created: 1_800_000_000 });
      expect(body).not.toHaveProperty("system_fingerprint");
      expect(servedModel).toBeUndefined();
    }
  });

  test("a refusal and the text of a choice without a message are what was said", () => {
    expect(choice(shaped({ content: null, refusal: "No" }))).toMatchObject({
      message: { content: null, refusal: "No" },
    });
    expect(choice({ choices: [{ text: "Hi", finish_reason: "stop" }] })).toMatchObject({ message: { content: "Hi" } });
  });

  test("text beside calls stays, also where a call is demanded and the text looks like one", () => {
    const content = '{"name":"f","arguments":{}}';
    const output = shaped({ content, tool_calls: [{ id: "c1", function: { name: "g", arguments: "{}" } }] });
    expect(choice(output, { demanded: new Set(["f"]) })).toMatchObject({
      message: { content, tool_calls: [{ id: "c1", function: { name: "g" } }] },
    });
  });

  test("null tool calls and null usage are none", () => {
    const output = {
      ...shaped({ content: "ok", tool_calls: null }),
      usage: { prompt_tokens: null, completion_tokens: null },
    };
    expect(completionOf(output)).toMatchObject({ usageEstimated: true });
    expect(choice(output)).not.toHaveProperty("message.tool_calls");
  });

  test("a custom tool's call stays one (OpenAI's models by way of AI Gateway)", () => {
    const call = { id: "c1", type: "custom", custom: { name: "sql", input: "SELECT 1" } };
    const output = { choices: [{ message: { content: null, tool_calls: [call] }, finish_reason: "tool_calls" }] };
    expect(choice(output)).toMatchObject({ message: { tool_calls: [call] }, finish_reason: "tool_calls" });
  });

  test("an object as content is given as its JSON text", () => {
    expect(choice(shaped({ content: { a: 1 } }))).toMatchObject({ message: { content: '{"a":1}' } });
  });

  test.each([
    ["length", "length"],
    ["model_length", "length"],
    ["max_tokens", "length"],
    ["content_filter", "content_filter"],
    ["stop", "stop"],
    ["something new", "stop"],
    [null, "stop"],
  ])("the finish reason %s is %s", (given, finish_reason) => {
    expect(choice(shaped({ content: "x" }, given))).toMatchObject({ finish_reason });
  });

  test("a model that failed on the way has not finished", () => {
    for (const reason of ["error", "abort", "insufficient_system_resource"]) {
      expect(() => choice(shaped({ content: "x" }, reason))).toThrow(
        expect.objectContaining({ status: 502, code: "model_error" }),
      );
    }
  });

  test("several choices and log probabilities stay", () => {
    const logprobs = { content: [{ token: "a", logprob: -1, bytes: null, top_logprobs: [] }] };
    const output = {
      choices: [
        { index: 0, message: { content: "a" }, finish_reason: "stop", logprobs },
        { index: 1, message: { content: "b" }, finish_reason: "length" },
      ],
    };
    expect(completionOf(output).body["choices"]).toMatchObject([
      { index: 0, logprobs },
      { index: 1, logprobs: null, finish_reason: "length" },
    ]);
  });

  test("no choices at all is an empty answer, with its usage", () => {
    expect(choice({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 0, total_tokens: 10 } })).toMatchObject(
      {
        message: { content: null },
        finish_reason: "stop",
      },
    );
  });
});

test("the text ends at a stop sequence even where the model wrote on", () => {
  const output = { response: "one\ntwo\nthree", finish_reason: "length" };
  expect(choice(output, { stops: ["three", "\n"] })).toMatchObject({
    message: { content: "one" },
    finish_reason: "stop",
  });
  expect(choice(output, { stops: ["four"] })).toMatchObject({
    message: { content: output.response },
    finish_reason: "length",
  });
});

describe("an answer of another vendor's model, by way of AI Gateway", () => {
  const audio = { id: "audio_1", data: "UklGRg==", transcript: "Hi", expires_at: 1_800_000_000 };
  const annotations = [{ type: "url_citation", url_citation: { url: "https://example.com" } }];
  const message = { role: "assistant", content: null, refusal: null, audio, annotations, function_call: null };
  const output = {
    ...{ id: "chatcmpl-1", object: "chat.completion", created: 1_800_000_001, model: "gpt-audio-2026-01-01" },
    choices: [{ index: 0, message, finish_reason: "stop" }],
    ...{ service_tier: "default", system_fingerprint: null, gatewayMetadata: { keySource: "Unified" } },
  };

  test("keeps what only that vendor's answers have", () => {
    const { body } = completionOf(output, { catalog: true, refuseEmpty: true });
    expect(body).toMatchObject({ id: "chatcmpl-1", model: "llama4", service_tier: "default" });
    expect(body["choices"]).toEqual([
      {
        index: 0,
        message: { role: "assistant", content: null, refusal: null, audio, annotations },
        logprobs: null,
        finish_reason: "stop",
      },
    ]);
    expect(body).not.toHaveProperty("gatewayMetadata");
  });

  test("says what has a place of its own there alone, and is nobody's own", () => {
    const said = { content: "4", reasoning: "two and two", refusal: null, tool_calls: [] };
    const given = {
      ...output,
      system_fingerprint: "fp_1",
      usage: null,
      choices: [{ message: said, finish_reason: "stop" }],
    };
    const { body } = completionOf(given, { catalog: true });
    expect(body).toMatchObject({
      id: "chatcmpl-1",
      object: "chat.completion",
      model: "llama4",
      system_fingerprint: "fp_1",
    });
    expect(body["choices"]).toMatchObject([
      { message: { role: "assistant", content: "4", reasoning_content: "two and two", refusal: null } },
    ]);
    expect(choice(given, { catalog: true })).not.toHaveProperty("message.reasoning");
    expect(choice(given, { catalog: true })).not.toHaveProperty("message.tool_calls");
  });

  test.each([
    { audio: { id: "audio_1" } },
    { images: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA" } }] },
    { function_call: { name: "f", arguments: "{}" } },
  ])("is not empty with %j alone", (said) => {
    const given = { choices: [{ message: { content: "", ...said }, finish_reason: "stop" }] };
    expect(choice(given, { catalog: true, refuseEmpty: true })).toMatchObject({ message: said });
  });

  test("keeps the signature that Gemini wants back with a call", () => {
    const call = { id: "c1", type: "function", function: { name: "f", arguments: "{}" }, extra_content: SIGNED };
    const given = { choices: [{ message: { content: null, tool_calls: [call] }, finish_reason: "tool_calls" }] };
    expect(choice(given, { catalog: true })).toMatchObject({ message: { tool_calls: [call] } });
  });

  test("keeps a call in the form before tools, and that it ended with one", () => {
    const called = { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } };
    const given = { choices: [{ message: called, finish_reason: "function_call" }] };
    expect(choice(given, { catalog: true })).toMatchObject({ message: called, finish_reason: "function_call" });
  });

  test("is empty when nothing but its trimmings is there", () => {
    const empty = { choices: [{ message: { content: "", annotations: [] }, finish_reason: "stop" }] };
    expect(() => completionOf(empty, { catalog: true, refuseEmpty: true })).toThrow(
      expect.objectContaining({ code: "empty_completion" }),
    );
  });

  test("does not change what Workers AI's own models give", () => {
    expect(completionOf(output).body).not.toHaveProperty("service_tier");
    expect(choice(output)).not.toHaveProperty("message.audio");
  });
});

describe("an answer that is none", () => {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

  test.each([
    ["nothing was said", { response: "", usage }],
    ["the model broke off", { choices: [{ message: { content: "x" }, finish_reason: "error" }], usage }],
  ])("has cost its tokens all the same: %s", (_, output) => {
    expect(thrownBy(output)).toMatchObject({ status: 502, usage: { promptTokens: 3, completionTokens: 2 } });
  });

  test("has no count where the model gave none", () => {
    expect(thrownBy({ response: "" })).toMatchObject({ code: "empty_completion", usage: undefined });
  });

  test("has more choices or calls than anybody asks for", () => {
    const choices = Array.from({ length: 129 }, (_, index) => ({ index, message: { content: "x" } }));
    expect(thrownBy({ choices })).toMatchObject({ message: "Workers AI's answer has more than 128 choices." });
    const tool_calls = Array.from({ length: 1_025 }, () => ({ name: "f", arguments: {} }));
    expect(thrownBy({ tool_calls })).toMatchObject({ message: "Workers AI's answer has more than 1024 tool calls." });
  });
});

function thrownBy(output: JsonObject): unknown {
  try {
    return completionOf(output, { refuseEmpty: true });
  } catch (thrown) {
    return thrown;
  }
}
