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
  test("content null beside tool calls becomes the empty string that the schema wants", () => {
    const call = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };
    const assistant = { role: "assistant", content: null, tool_calls: [call] };
    const tool = { role: "tool", tool_call_id: "call_1", content: "42" };
    expect(inputs({ messages: [user, assistant, tool] })["messages"]).toEqual([
      user,
      { role: "assistant", content: "", tool_calls: [call] },
      { role: "tool", tool_call_id: "call_1", content: "42", name: "f" },
    ]);
  });

  test.each([SCOUT, TEXT_ONLY, GPT_OSS])("a list of texts reaches %s as one string", (model) => {
    const content = [
      { type: "text", text: "one" },
      { type: "text", text: "two" },
    ];
    expect(inputs({ messages: [{ role: "user", content }] }, model)["messages"]).toEqual([
      { role: "user", content: "one\ntwo" },
    ]);
  });

  test("a model with vision keeps the list with its images", () => {
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
      code: "unsupported_value",
    });
  });

  test.each([
    ["image_url", { image_url: { url: "https://example.com/a.png" } }, "image_url.url", "invalid_image_url"],
    ["image_url", { image_url: { url: "x data:image/png;base64," } }, "image_url.url", "invalid_image_url"],
    ["image_url", { image_url: { url: "data:application/pdf;base64,JVBER" } }, "image_url.url", "invalid_image_url"],
    ["image_url", { image_url: {} }, "image_url.url", "invalid_image_url"],
    ["file", { file: { file_data: "JVBER" } }, "type", "unsupported_value"],
    ["input_audio", { input_audio: { data: "AAAA", format: "wav" } }, "type", "unsupported_value"],
    ["text", { text: null }, "text", "invalid_type"],
  ])("the part %s %j is a 400, not sent as something else", (type, value, field, code) => {
    const image = { type: "image_url", image_url: { url: PNG } };
    for (const before of [image, { type: "text", text: "Read this" }]) {
      expect(refused({ messages: [{ role: "user", content: [before, { type, ...value }] }] })).toMatchObject({
        status: 400,
        param: `messages[0].content[1].${field}`,
        code,
      });
    }
  });

  test("a model that the registry does not know may see images", () => {
    const content = [{ type: "image_url", image_url: { url: PNG } }];
    expect(inputs({ messages: [{ role: "user", content }] }, "@cf/new/model")["messages"]).toEqual([
      { role: "user", content },
    ]);
  });

  test("names of speakers stay, and empty ones do not", () => {
    const named = (name: unknown) => ["system", "user", "assistant"].map((role) => ({ role, content: "Hi", name }));
    expect(inputs({ messages: named("bob") })["messages"]).toEqual(named("bob"));
    for (const name of ["", null]) expect(inputs({ messages: named(name) })["messages"]).toEqual(named(undefined));
  });

  test("ids of calls and their results go back as they came, however long", () => {
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
  ])("an id that the client was given in place of the model's goes back as the model's: %s", (id, given) => {
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
      code: "invalid_value",
    });
  });

  test.each([
    [undefined, "{}"],
    [null, "{}"],
    ["", "{}"],
    ["null", "{}"],
    [{ a: 1 }, '{"a":1}'],
    ['{"a": 1}', '{"a": 1}'],
  ])("arguments %j in the history are sent as %s", (given, sent) => {
    const tool_calls = [{ id: "c", type: "function", function: { name: "f", arguments: given } }];
    expect(inputs({ messages: [{ role: "assistant", tool_calls }] })["messages"]).toMatchObject([
      { tool_calls: [{ function: { name: "f", arguments: sent } }] },
    ]);
  });

  test("a result without content, and one of a call that is not there, are sent", () => {
    const results = [null, undefined, ""].map((content) => ({ role: "tool", tool_call_id: "c", content }));
    const sent = { role: "tool", tool_call_id: "c", content: "" };
    expect(inputs({ messages: results })["messages"]).toStrictEqual([sent, sent, sent]);
  });

  test("reasoning of an earlier turn stays out of what was said", () => {
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
    for (const reasoning of ["", null]) {
      const silent = { role: "assistant", content: "4", reasoning };
      expect(inputs({ messages: [silent] }, GPT_OSS)["messages"]).toEqual([{ role: "assistant", content: "4" }]);
    }
  });

  test("developer messages are system messages, refusals are what the assistant said", () => {
    const messages = [
      { role: "developer", content: [{ type: "text", text: "Be brief" }] },
      { role: "assistant", content: null, refusal: "I cannot", tool_calls: null },
      { role: "assistant", content: [{ type: "refusal", refusal: "I cannot" }] },
      { role: "assistant", content: "Yes", refusal: "I cannot" },
    ];
    expect(inputs({ messages })["messages"]).toEqual([
      { role: "system", content: "Be brief" },
      { role: "assistant", content: "I cannot" },
      { role: "assistant", content: "I cannot" },
      { role: "assistant", content: "Yes" },
    ]);
  });

  test.each([
    [{ role: "robot", content: "x" }, ".role", "invalid_value"],
    [{ role: "user", content: null }, ".content", "invalid_type"],
    [{ role: "system", content: null }, ".content", "invalid_type"],
    [{ role: "assistant", content: 1 }, ".content", "invalid_type"],
    [{ role: "tool", tool_call_id: "c", content: 1 }, ".content", "invalid_type"],
    [{ role: "tool", content: "x" }, ".tool_call_id", "invalid_type"],
    [{ role: "tool", content: "x", tool_call_id: "" }, ".tool_call_id", "invalid_type"],
    [{ role: "assistant", tool_calls: {} }, ".tool_calls", "invalid_type"],
    [{ role: "assistant", tool_calls: [null] }, ".tool_calls[0].id", "invalid_type"],
    [{ role: "assistant", tool_calls: [{ id: "" }] }, ".tool_calls[0].id", "invalid_type"],
    [{ role: "assistant", tool_calls: [{ id: "c" }] }, ".tool_calls[0].function.name", "invalid_type"],
    [
      { role: "assistant", tool_calls: [{ id: "c", function: { name: "" } }] },
      ".tool_calls[0].function.name",
      "invalid_type",
    ],
    [{ role: "assistant", function_call: { name: "f", arguments: "{" } }, ".function_call.arguments", "invalid_value"],
    [{ role: "function", name: "f", content: "x" }, ".name", "invalid_value"],
    [{ role: "assistant", content: null, audio: { id: "audio_1" } }, ".audio", "unsupported_parameter"],
    ["text", "", "invalid_type"],
  ])("%j is a 400 that names %s", (message, field, code) => {
    expect(refused({ messages: [message] })).toMatchObject({ status: 400, param: `messages[0]${field}`, code });
  });
});

describe("tools", () => {
  const weather = {
    type: "function",
    function: { name: "get_weather", parameters: { type: "object", properties: {} } },
  };

  test.each(["auto", "none", "required"])("tool_choice %s is sent as it is", (choice) => {
    expect(inputs({ tools: [weather], tool_choice: choice })).toMatchObject({ tools: [weather], tool_choice: choice });
  });

  test("a named function keeps its form, and all tools stay", () => {
    const choice = { type: "function", function: { name: "get_weather" } };
    const other = { type: "function", function: { name: "other", parameters: { type: "object", properties: {} } } };
    expect(inputs({ tools: [weather, other], tool_choice: choice })).toMatchObject({
      tool_choice: choice,
      tools: [weather, other],
    });
  });

  test("a description that is not there, or no text, is not sent", () => {
    const described = { type: "function", function: { ...weather.function, description: "Looks outside" } };
    expect(inputs({ tools: [described] })["tools"]).toEqual([described]);
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

  test("which may be given by name alone, and in the mode auto", () => {
    const choice = { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [{ name: "get_weather" }, null] } };
    expect(inputs({ tools: [weather], tool_choice: choice })).toMatchObject({ tools: [weather], tool_choice: "auto" });
  });

  test.each([
    [null, { type: "object", properties: {} }],
    [{ type: "object" }, { type: "object", properties: {} }],
    [
      { properties: { a: { type: "string" } }, required: ["a"] },
      { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
    ],
    [{ $ref: "#/$defs/x" }, { $ref: "#/$defs/x" }],
    [{ anyOf: [{ type: "object" }] }, { anyOf: [{ type: "object" }] }],
    [{ oneOf: [{ type: "object" }] }, { oneOf: [{ type: "object" }] }],
    [{ allOf: [{ type: "object" }] }, { allOf: [{ type: "object" }] }],
    [{ type: "string" }, { type: "string" }],
  ])("parameters %j are sent as %j", (parameters, sent) => {
    expect(inputs({ tools: [{ type: "function", function: { name: "f", parameters } }] })["tools"]).toEqual([
      { type: "function", function: { name: "f", parameters: sent } },
    ]);
  });

  test("strict is sent to the models whose schema has it", () => {
    const strict = { type: "function", function: { ...weather.function, strict: true } };
    expect(inputs({ tools: [strict] }, GPT_OSS)["tools"]).toEqual([strict]);
    expect(inputs({ tools: [strict] })["tools"]).toEqual([weather]);
    const unset = { type: "function", function: { ...weather.function, strict: null } };
    expect(inputs({ tools: [unset] }, GPT_OSS)["tools"]).toEqual([weather]);
  });

  test("what asks for no call needs no tools", () => {
    expect(inputs({ tools: null })).not.toHaveProperty("tools");
    expect(inputs({ tools: [weather], tool_choice: null })).not.toHaveProperty("tool_choice");
    for (const tool_choice of ["auto", "none", null]) {
      expect(inputs({ tool_choice, functions: [], function_call: "none" })).not.toHaveProperty("tool_choice");
    }
  });

  test.each([SCOUT, GPT_OSS])("functions of the form before tools reach %s as tools", (model) => {
    const f = { name: "f", parameters: { type: "object", properties: {} } };
    const history = [
      { role: "assistant", content: null, function_call: { name: "f", arguments: "" } },
      { role: "function", name: "f", content: "42" },
    ];
    const sent = inputs({ messages: [user, ...history], functions: [f], function_call: { name: "f" } }, model);
    const call = { id: "function_call_1", type: "function", function: { name: "f", arguments: "{}" } };
    expect(sent).toMatchObject({
      messages: [
        user,
        { role: "assistant", content: "", tool_calls: [call] },
        { role: "tool", tool_call_id: "function_call_1", name: "f", content: "42" },
      ],
      tools: [{ type: "function", function: f }],
      tool_choice: { type: "function", function: { name: "f" } },
      ...(model === GPT_OSS && { parallel_tool_calls: false }),
    });
    for (const field of ["functions", "function_call"]) expect(sent).not.toHaveProperty(field);
  });

  test("a function without parameters gets those of one that takes none", () => {
    expect(inputs({ tools: [{ type: "function", function: { name: "now" } }] })["tools"]).toEqual([
      { type: "function", function: { name: "now", parameters: { type: "object", properties: {} } } },
    ]);
  });

  const fn = (given: JsonObject) => ({ tools: [{ type: "function", function: given }] });
  const allowed = (tools: unknown) => ({ type: "allowed_tools", allowed_tools: { mode: "auto", tools } });
  test.each([
    [{ tools: {} }, "tools", "invalid_type"],
    [{ tools: [{ type: "custom", custom: { name: "x" } }] }, "tools[0]", "unsupported_value"],
    [{ tools: [{ type: "custom", function: { name: "x" } }] }, "tools[0]", "unsupported_value"],
    [fn({}), "tools[0].function.name", "invalid_type"],
    [fn({ name: "" }), "tools[0].function.name", "invalid_type"],
    [fn({ name: "f", parameters: [] }), "tools[0].function.parameters", "invalid_type"],
    [{ tools: [weather], tool_choice: "any" }, "tool_choice", "invalid_value"],
    [
      { tools: [weather], tool_choice: { type: "function", name: "get_weather" } },
      "tool_choice.function",
      "missing_required_parameter",
    ],
    [
      { tools: [weather], tool_choice: { type: "custom", function: { name: "get_weather" } } },
      "tool_choice",
      "invalid_value",
    ],
    [
      { tools: [weather], tool_choice: { type: "function", function: { name: "nope" } } },
      "tool_choice.function.name",
      "invalid_value",
    ],
    [{ tools: [weather], tool_choice: allowed([{ name: "nope" }]) }, "tool_choice.allowed_tools.tools", null],
    [{ tools: [weather], tool_choice: allowed(null) }, "tool_choice.allowed_tools.tools", null],
    [{ tool_choice: "required" }, "tool_choice", "invalid_value"],
    [{ tools: [], tool_choice: { type: "function", function: { name: "f" } } }, "tool_choice", "invalid_value"],
    [{ tools: [{ type: "function", name: "f" }] }, "tools[0].function", "missing_required_parameter"],
    [{ functions: [{ parameters: {} }] }, "functions[0].name", "invalid_type"],
    [{ functions: [{ name: "f" }], function_call: { name: "g" } }, "function_call.name", "invalid_value"],
    [{ function_call: { name: "f" } }, "function_call", "invalid_value"],
  ])("%j is a 400 that names %s", (body, param, code) => {
    expect(refused(body)).toMatchObject({ status: 400, param, code });
  });
});

describe("the form of the answer", () => {
  const schema = { type: "object", properties: { city: { type: "string" } } };

  test("the bare schema is sent, titled with its name", () => {
    const json_schema = { name: "place", description: "A place", strict: true, schema };
    expect(inputs({ response_format: { type: "json_schema", json_schema } })["response_format"]).toEqual({
      type: "json_schema",
      json_schema: { title: "place", description: "A place", ...schema },
    });
  });

  test("a schema without a name or a description is sent as it is", () => {
    for (const name of [undefined, "", null]) {
      const response_format = { type: "json_schema", json_schema: { name, description: name, schema } };
      expect(inputs({ response_format })["response_format"]).toStrictEqual({
        type: "json_schema",
        json_schema: schema,
      });
    }
  });

  test("a title of the schema's own wins", () => {
    const json_schema = { name: "place", schema: { title: "City", ...schema } };
    expect(inputs({ response_format: { type: "json_schema", json_schema } })).toMatchObject({
      response_format: { json_schema: { title: "City" } },
    });
  });

  test("OpenAI-shaped models get the bare schema with the name beside it that their own schema requires", () => {
    const format = (json_schema: JsonObject) =>
      inputs({ response_format: { type: "json_schema", json_schema } }, GPT_OSS);
    expect(format({ name: "place", description: "A place", strict: true, schema })["response_format"]).toEqual({
      type: "json_schema",
      json_schema: { title: "place", description: "A place", ...schema, name: "place", schema, strict: true },
    });
    for (const json_schema of [{ schema }, { name: "", strict: null, schema }]) {
      expect(format(json_schema)["response_format"]).toStrictEqual({
        type: "json_schema",
        json_schema: { ...schema, name: "answer", schema },
      });
    }
    expect(inputs({ response_format: { type: "json_object", schema } }, GPT_OSS)["response_format"]).toEqual({
      type: "json_schema",
      json_schema: { ...schema, name: "answer", schema },
    });
  });

  test("a schema beside json_object is sent, as that of json_schema is", () => {
    expect(inputs({ response_format: { type: "json_object", schema } })["response_format"]).toEqual({
      type: "json_schema",
      json_schema: schema,
    });
    expect(inputs({ response_format: { type: "json_object", schema: null } })["response_format"]).toEqual({
      type: "json_object",
    });
  });

  test("json_object is sent, text is the same as nothing", () => {
    expect(inputs({ response_format: { type: "json_object" } })["response_format"]).toEqual({ type: "json_object" });
    for (const response_format of [{ type: "text" }, null]) {
      expect(inputs({ response_format })).not.toHaveProperty("response_format");
    }
  });

  test.each([
    [{ type: "grammar" }, "response_format.type", "invalid_value"],
    [{ type: "json_schema", json_schema: { name: "x" } }, "response_format.json_schema.schema", "invalid_type"],
    [{ type: "json_object", schema: "x" }, "response_format.schema", "invalid_type"],
  ])("%j is a 400 that names %s", (response_format, param, code) => {
    expect(refused({ response_format })).toMatchObject({ status: 400, param, code });
  });
});

describe("the length of the answer", () => {
  test("nobody's answer is cut at the binding's 256 tokens: the model's own limit is sent", () => {
    expect(inputs({})["max_tokens"]).toBeGreaterThan(130_000);
    expect(inputs({}, GPT_OSS)["max_completion_tokens"]).toBe(16_384);
    expect(inputs({}, "@cf/new/model")).toMatchObject({ max_tokens: 16_384, max_completion_tokens: 16_384 });
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

  test("-1 is no limit of the client's, as at llama.cpp; 0 is a 400", () => {
    for (const name of ["max_tokens", "max_completion_tokens"]) {
      for (const model of [SCOUT, GPT_OSS]) {
        expect(inputs({ [name]: -1 }, model)["max_tokens"]).toBeGreaterThan(16_000);
        for (const limit of [0, -2, 0.5]) {
          expect(refused({ [name]: limit }, model)).toMatchObject({ status: 400, param: name, code: "invalid_value" });
        }
      }
    }
  });

  test("what the client says goes as it is, max_completion_tokens before max_tokens", () => {
    expect(inputs({ max_tokens: 5 })["max_tokens"]).toBe(5);
    expect(inputs({ max_tokens: 5, max_completion_tokens: 7 })).toMatchObject({ max_tokens: 7 });
    expect(inputs({ max_tokens: 5, max_completion_tokens: 7 })).not.toHaveProperty("max_completion_tokens");
    expect(inputs({ max_tokens: 5 }, GPT_OSS)).toMatchObject({ max_tokens: 5, max_completion_tokens: 5 });
    expect(inputs({ max_completion_tokens: 5 }, "@cf/new/model")).toMatchObject({ max_tokens: 5 });
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
  ])("%s, which Scout cannot do, is a 400 that names it", (name, value) => {
    expect(refused({ [name]: value })).toMatchObject({ status: 400, param: name, code: "unsupported_parameter" });
  });

  test.each([
    ["n", 1],
    ["logprobs", false],
    ["top_logprobs", 0],
    ["logit_bias", {}],
    ["modalities", ["text"]],
    ["audio", null],
  ])("%s: %j asks for nothing and is left out", (name, value) => {
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
    expect(inputs({ seed }, GPT_OSS)["seed"]).toBe(seed);
  });

  test("stop sequences are sent, and none where the client gave none", () => {
    expect(inputs({ stop: ["a", "b"] })["stop"]).toEqual(["a", "b"]);
    for (const stop of [null, undefined]) expect(inputs({ stop })).not.toHaveProperty("stop");
  });

  test("a stream is asked for, with its usage where it has to be asked for", () => {
    expect(inputs({}, SCOUT, true)).toMatchObject({ stream: true });
    expect(inputs({}, SCOUT, true)).not.toHaveProperty("stream_options");
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
    expect(inputs({ reasoning_effort: null }, GPT_OSS)).not.toHaveProperty("reasoning_effort");
    for (const reasoning_effort of ["lots", 1]) {
      const wrong = { status: 400, param: "reasoning_effort", code: "invalid_value" };
      expect(refused({ reasoning_effort })).toMatchObject(wrong);
    }
  });

  test("the client's own chat_template_kwargs stay beside what the effort adds", () => {
    const body = { reasoning_effort: "none", chat_template_kwargs: { own: 1 } };
    expect(inputs(body, "@cf/zai-org/glm-4.7-flash")).toMatchObject({
      chat_template_kwargs: { own: 1, enable_thinking: false },
    });
  });

  test("a model of another vendor behind AI Gateway gets its vendor's form", () => {
    const response_format = { type: "json_schema", json_schema: { name: "x", schema: {} } };
    const body = {
      model: "openai/gpt-5",
      provider: "cloudflare",
      fallbacks: ["llama4"],
      routing: { max_attempts: 1 },
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

  test("a model of Anthropic's, whose answer would be lost, is a 400 before it is paid for", () => {
    const wrong = { status: 400, param: "model", code: "unsupported_value" };
    expect(refused({ max_tokens: 5 }, "anthropic/claude-sonnet-5")).toMatchObject(wrong);
  });
});
