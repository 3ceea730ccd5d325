import type { JsonObject } from "@ai-proxy/shared/json";
import { describe, expect, test } from "vitest";
import { chatInputs } from "../src/request.ts";

const SCOUT = "@cf/meta/llama-4-scout-17b-16e-instruct";
const TEXT_ONLY = "@cf/meta/llama-3.3-70b-instruct-fp8-fast";
const GPT_OSS = "@cf/openai/gpt-oss-120b";
const PNG = "data:image/png;base64,iVBORw0KGgo=";

const user = { role: "user", content: "Hi" };

function inputs(body: JsonObject, model = SCOUT, stream = false): JsonObject {
  const request = { messages: [user], ...body };
  return chatInputs(request, { model, stream, text: JSON.stringify(request) });
}

function refused(body: JsonObject, model = SCOUT): unknown {
  try {
    inputs(body, model);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("messages", () => {
  test("P31 content null beside tool calls becomes the empty string that the schema wants", () => {
    const call = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };
    const assistant = { role: "assistant", content: null, tool_calls: [call] };
    const tool = { role: "tool", tool_call_id: "call_1", content: "42" };
    expect(inputs({ messages: [user, assistant, tool] })["messages"]).toEqual([
      user,
      { role: "assistant", content: "", tool_calls: [call] },
      { role: "tool", tool_call_id: "call_1", content: "42", name: "f" },
    ]);
  });

  test.each([SCOUT, TEXT_ONLY, GPT_OSS])("P31 a list of texts reaches %s as one string", (model) => {
    const content = [
      { type: "text", text: "one" },
      { type: "text", text: "two" },
    ];
    expect(inputs({ messages: [{ role: "user", content }] }, model)["messages"]).toEqual([
      { role: "user", content: "one\ntwo" },
    ]);
  });

  test("P31 a model with vision keeps the list with its images", () => {
    const content = [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url: PNG, detail: "low" } },
    ];
    expect(inputs({ messages: [{ role: "user", content }] })["messages"]).toEqual([{ role: "user", content }]);
  });

  test("an image for a model without vision is a 400 that names the part", () => {
    const content = [{ type: "image_url", image_url: { url: PNG } }];
    expect(refused({ messages: [{ role: "user", content }] }, TEXT_ONLY)).toMatchObject({
      status: 400,
      param: "messages[0].content[0]",
    });
  });

  test.each([
    ["an http image", { type: "image_url", image_url: { url: "https://example.com/a.png" } }, ".image_url.url"],
    [
      "P41 a PDF as an image",
      { type: "image_url", image_url: { url: "data:application/pdf;base64,JVBER" } },
      ".image_url.url",
    ],
    ["P41 a file", { type: "file", file: { file_data: "JVBER" } }, ".type"],
    ["P41 audio", { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } }, ".type"],
  ])("%s is a 400, not sent as something else", (_name, part, field) => {
    const content = [{ type: "text", text: "Read this" }, part];
    expect(refused({ messages: [{ role: "user", content }] })).toMatchObject({
      status: 400,
      param: `messages[0].content[1]${field}`,
    });
  });

  test("P32 ids of calls and their results go back as they came, however long", () => {
    const id = "chatcmpl-tool-0123456789abcdef0123456789abcdef";
    const call = { id, type: "function", function: { name: "f", arguments: '{"a":1}' } };
    const messages = [
      user,
      { role: "assistant", content: "", tool_calls: [call] },
      { role: "tool", tool_call_id: id, content: "ok" },
    ];
    const sent = inputs({ messages })["messages"];
    expect(sent).toMatchObject([{}, { tool_calls: [{ id }] }, { tool_call_id: id }]);
  });

  test.each([
    ["call_0123456789abcdef0123_4_f0", "functions.f:0"],
    ["call_0123456789abcdef0123_4_0", "f:0"],
    ["call_0123456789abcdef0123_4", "call_0123456789abcdef0123_4"],
    ["functions.f:0~call_1_0", "functions.f:0"],
    ["call_1__thought__c2ln", "call_1"],
  ])("P32 an id that the client was given in place of the model's goes back as the model's: %s", (id, given) => {
    const call = { id, type: "function", function: { name: "f", arguments: "{}" } };
    const messages = [
      { role: "assistant", content: "", tool_calls: [call] },
      { role: "tool", tool_call_id: id, content: "ok" },
    ];
    expect(inputs({ messages })["messages"]).toMatchObject([
      { tool_calls: [{ id: given }] },
      { tool_call_id: given, name: "f" },
    ]);
  });

  test("broken arguments in the history are a 400 that names them", () => {
    const call = { id: "c", type: "function", function: { name: "f", arguments: '{"a":' } };
    expect(refused({ messages: [{ role: "assistant", tool_calls: [call] }] })).toMatchObject({
      status: 400,
      param: "messages[0].tool_calls[0].function.arguments",
    });
  });

  test("P40 reasoning of an earlier turn stays out of what was said", () => {
    const said = { role: "assistant", content: "4", reasoning_content: "two and two" };
    expect(inputs({ messages: [user, said, user] })["messages"]).toEqual([
      user,
      { role: "assistant", content: "4" },
      user,
    ]);
    expect(inputs({ messages: [user, said, user] }, GPT_OSS)["messages"]).toEqual([
      user,
      { role: "assistant", content: "4", reasoning: "two and two" },
      user,
    ]);
    const other = { role: "assistant", content: "4", reasoning: "two and two" };
    expect(inputs({ messages: [user, other, user] }, GPT_OSS)["messages"]).toEqual([user, other, user]);
  });

  test("developer messages are system messages, refusals are what the assistant said", () => {
    const messages = [
      { role: "developer", content: [{ type: "text", text: "Be brief" }] },
      { role: "assistant", content: null, refusal: "I cannot" },
    ];
    expect(inputs({ messages })["messages"]).toEqual([
      { role: "system", content: "Be brief" },
      { role: "assistant", content: "I cannot" },
    ]);
  });

  test.each([
    [{ role: "robot", content: "x" }, "messages[0].role"],
    [{ role: "user", content: null }, "messages[0].content"],
    [{ role: "tool", content: "x" }, "messages[0].tool_call_id"],
    [{ role: "assistant", tool_calls: [{ id: "c" }] }, "messages[0].tool_calls[0].function.name"],
    [{ role: "assistant", function_call: { name: "f", arguments: "{}" } }, "messages[0].function_call"],
    [{ role: "assistant", content: null, audio: { id: "audio_1" } }, "messages[0].audio"],
    ["text", "messages[0]"],
  ])("%j is a 400 that names %s", (message, param) => {
    expect(refused({ messages: [message] })).toMatchObject({ status: 400, param });
  });
});

describe("tools", () => {
  const weather = {
    type: "function",
    function: { name: "get_weather", parameters: { type: "object", properties: {} } },
  };

  test.each(["auto", "none", "required"])("P29 tool_choice %s is sent as it is", (choice) => {
    expect(inputs({ tools: [weather], tool_choice: choice })["tool_choice"]).toBe(choice);
  });

  test("P29 a named function keeps its form, and all tools stay", () => {
    const choice = { type: "function", function: { name: "get_weather" } };
    const other = { type: "function", function: { name: "other", parameters: { type: "object", properties: {} } } };
    expect(inputs({ tools: [weather, other], tool_choice: choice })).toMatchObject({
      tool_choice: choice,
      tools: [weather, other],
    });
  });

  test("P30 a description that is not there, or no text, is not sent", () => {
    for (const description of [undefined, null, false]) {
      const tool = { type: "function", function: { ...weather.function, description } };
      expect(inputs({ tools: [tool] })["tools"]).toEqual([weather]);
    }
  });

  test("allowed tools become their mode over the tools that are allowed", () => {
    const other = { type: "function", function: { name: "other" } };
    const choice = {
      type: "allowed_tools",
      allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "get_weather" } }] },
    };
    expect(inputs({ tools: [weather, other], tool_choice: choice })).toMatchObject({
      tools: [weather],
      tool_choice: "required",
    });
  });

  test("what asks for no call needs no tools", () => {
    for (const tool_choice of ["auto", "none", null]) {
      expect(inputs({ tool_choice, functions: [], function_call: "none" })).not.toHaveProperty("tool_choice");
    }
  });

  test("a function without parameters gets those of one that takes none", () => {
    expect(inputs({ tools: [{ type: "function", function: { name: "now" } }] })["tools"]).toEqual([
      { type: "function", function: { name: "now", parameters: { type: "object", properties: {} } } },
    ]);
  });

  test.each([
    [{ tools: [{ type: "custom", custom: { name: "x" } }] }, "tools[0]"],
    [{ tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
    [{ tools: [weather], tool_choice: "any" }, "tool_choice"],
    [{ tools: [weather], tool_choice: { type: "function", function: { name: "nope" } } }, "tool_choice.function.name"],
    [{ tool_choice: "required" }, "tool_choice"],
    [{ tools: [], tool_choice: { type: "function", function: { name: "f" } } }, "tool_choice"],
    [{ functions: [{ name: "f" }] }, "functions"],
    [{ function_call: "auto" }, "function_call"],
  ])("P42 %j is a 400 that names %s", (body, param) => {
    expect(refused(body)).toMatchObject({ status: 400, param });
  });
});

describe("the form of the answer", () => {
  const schema = { type: "object", properties: { city: { type: "string" } } };

  test("P33 the bare schema is sent, titled with its name", () => {
    const json_schema = { name: "place", description: "A place", strict: true, schema };
    expect(inputs({ response_format: { type: "json_schema", json_schema } })["response_format"]).toEqual({
      type: "json_schema",
      json_schema: { title: "place", description: "A place", ...schema },
    });
  });

  test("P33 a title of the schema's own wins", () => {
    const json_schema = { name: "place", schema: { title: "City", ...schema } };
    expect(inputs({ response_format: { type: "json_schema", json_schema } })).toMatchObject({
      response_format: { json_schema: { title: "City" } },
    });
  });

  test("json_object is sent, text is the same as nothing", () => {
    expect(inputs({ response_format: { type: "json_object" } })["response_format"]).toEqual({ type: "json_object" });
    expect(inputs({ response_format: { type: "text" } })).not.toHaveProperty("response_format");
  });

  test.each([
    [{ type: "grammar" }, "response_format.type"],
    [{ type: "json_schema", json_schema: { name: "x" } }, "response_format.json_schema.schema"],
  ])("%j is a 400 that names %s", (response_format, param) => {
    expect(refused({ response_format })).toMatchObject({ status: 400, param });
  });
});

describe("the length of the answer", () => {
  test("nobody's answer is cut at the binding's 256 tokens: the model's own limit is sent", () => {
    expect(inputs({})["max_tokens"]).toBeGreaterThan(130_000);
    expect(inputs({}, GPT_OSS)["max_completion_tokens"]).toBe(16_384);
    expect(inputs({}, "@cf/new/model")["max_completion_tokens"]).toBe(16_384);
  });

  test("a prompt leaves the answer what is left of the window, because prompt and limit together must fit", () => {
    const content = "word ".repeat(10_000);
    const limit = inputs({ messages: [{ role: "user", content }] }, TEXT_ONLY)["max_tokens"];
    expect(limit).toBeLessThan(24_000 - content.length / 4);
    expect(limit).toBeGreaterThan(4_000);
  });

  test("embedded images count as Workers AI counts them, by their characters", () => {
    const url = `data:image/png;base64,${"A".repeat(200_000)}`;
    const limit = inputs({ messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }] });
    expect(limit["max_tokens"]).toBeLessThan(131_000 - 50_000);
  });

  test("a prompt beyond the window is sent as it is: the model says so itself", () => {
    const messages = [{ role: "user", content: "word ".repeat(200_000) }];
    expect(inputs({ messages })).toMatchObject({ max_tokens: 256, messages });
  });

  test("what the client says goes as it is, max_completion_tokens before max_tokens", () => {
    expect(inputs({ max_tokens: 5 })["max_tokens"]).toBe(5);
    expect(inputs({ max_tokens: 5, max_completion_tokens: 7 })).toMatchObject({ max_tokens: 7 });
    expect(inputs({ max_tokens: 5, max_completion_tokens: 7 })).not.toHaveProperty("max_completion_tokens");
    expect(inputs({ max_tokens: 5 }, GPT_OSS)).toMatchObject({ max_completion_tokens: 5 });
    expect(inputs({ max_tokens: 5 }, GPT_OSS)).not.toHaveProperty("max_tokens");
  });
});

describe("controls", () => {
  test.each([
    ["n", 2],
    ["logprobs", true],
    ["top_logprobs", 3],
    ["logit_bias", { "1": 5 }],
    ["modalities", ["text", "audio"]],
    ["audio", { voice: "alloy" }],
    ["web_search_options", { search_context_size: "low" }],
    ["requests", [{ prompt: "x" }]],
  ])("P42 %s, which Scout cannot do, is a 400 that names it", (name, value) => {
    expect(refused({ [name]: value })).toMatchObject({ status: 400, param: name, code: "unsupported_parameter" });
  });

  test.each([
    ["n", 1],
    ["logprobs", false],
    ["top_logprobs", 0],
    ["logit_bias", {}],
    ["modalities", ["text"]],
    ["audio", null],
  ])("P42 %s: %j asks for nothing and is left out", (name, value) => {
    expect(inputs({ [name]: value })).not.toHaveProperty(name);
  });

  test("an OpenAI-shaped model gets what it can do", () => {
    const body = { n: 2, logprobs: true, top_logprobs: 3, logit_bias: { "1": 5 }, parallel_tool_calls: false };
    expect(inputs(body, GPT_OSS)).toMatchObject(body);
  });

  test("sampling reaches the model, Workers AI's own parameters and those of tomorrow too", () => {
    const body = {
      temperature: 0.2,
      top_p: 0.9,
      top_k: 5,
      frequency_penalty: 1,
      presence_penalty: 1,
      repetition_penalty: 1.1,
      brand_new: 1,
    };
    expect(inputs(body)).toMatchObject(body);
  });

  test("the gateway's own fields and those of OpenAI's platform stay here", () => {
    const body = {
      provider: "cloudflare",
      fallbacks: [],
      routing: {},
      model: "llama4",
      user: "u",
      metadata: { a: "b" },
      store: true,
      service_tier: "auto",
    };
    for (const name of Object.keys(body)) expect(inputs(body)).not.toHaveProperty(name);
  });

  test.each([
    [42, 42],
    [0, 1],
    [-1, 9_999_999_999],
    [20_000_000_000, 3],
  ])("seed %i is sent as %i, within the schema's range", (seed, sent) => {
    expect(inputs({ seed })["seed"]).toBe(sent);
  });

  test("a stream is asked for, with its usage where it has to be asked for", () => {
    expect(inputs({}, SCOUT, true)).toMatchObject({ stream: true });
    expect(inputs({}, GPT_OSS, true)).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(inputs({ stream_options: { include_usage: true } })).not.toHaveProperty("stream_options");
  });

  test.each([
    [GPT_OSS, "medium", { reasoning_effort: "medium" }],
    [GPT_OSS, "minimal", { reasoning_effort: "low" }],
    [GPT_OSS, "xhigh", { reasoning_effort: "high" }],
    ["@cf/qwen/qwen3.8-27b", "high", { reasoning_effort: "xhigh" }],
    ["@cf/deepseek-ai/deepseek-v4-pro-0813", "none", { reasoning_effort: "none" }],
    ["@cf/zai-org/glm-4.7-flash", "none", { chat_template_kwargs: { enable_thinking: false } }],
    ["@cf/zai-org/glm-4.7-flash", "high", { chat_template_kwargs: { enable_thinking: true } }],
    ["@cf/new/model", "low", { reasoning_effort: "low" }],
  ])("%s takes reasoning_effort %s as %j", (model, effort, sent) => {
    expect(inputs({ reasoning_effort: effort }, model)).toMatchObject(sent);
  });

  test("a model that does not reason is sent no effort", () => {
    expect(inputs({ reasoning_effort: "high" })).not.toHaveProperty("reasoning_effort");
    expect(refused({ reasoning_effort: "lots" })).toMatchObject({ status: 400, param: "reasoning_effort" });
  });

  test("a model of another vendor behind AI Gateway gets its vendor's form", () => {
    const response_format = { type: "json_schema", json_schema: { name: "x", schema: {} } };
    const body = {
      model: "openai/gpt-5",
      provider: "cloudflare",
      messages: [user],
      response_format,
      max_completion_tokens: 5,
    };
    expect(inputs(body, "openai/gpt-5", true)).toEqual({
      messages: [user],
      response_format,
      max_completion_tokens: 5,
      stream: true,
    });
  });

  test("and call ids without Gemini's signatures, which others refuse", () => {
    const turn = (id: string) => [
      user,
      { role: "assistant", content: null, tool_calls: [{ id, type: "function", function: { name: "f" }, extra: 1 }] },
      { role: "tool", tool_call_id: id, content: "ok" },
    ];
    const messages = turn("call_1__thought__c2ln");
    expect(inputs({ messages }, "openai/gpt-5")).toEqual({ messages: turn("call_1") });
  });
});
