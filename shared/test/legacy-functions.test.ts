import { describe, expect, test } from "vitest";
import { ApiError, badRequest } from "../errors.ts";
import { asksForLegacyFunctions, toModernRequest, translateModern } from "../formats/legacy-functions.ts";
import type { JsonObject } from "../json.ts";

const f = { name: "f", description: "does f", parameters: { type: "object", properties: {} } };
const user = { role: "user", content: "Hi" };

describe("functions and function_call become tools and tool_choice", () => {
  const tools = [{ type: "function", function: f }];
  const asTools = { tools, parallel_tool_calls: false };

  test.each<[string, JsonObject, JsonObject]>([
    ["functions alone", { functions: [f] }, asTools],
    ["auto", { functions: [f], function_call: "auto" }, { ...asTools, tool_choice: "auto" }],
    ["none", { functions: [f], function_call: "none" }, { ...asTools, tool_choice: "none" }],
    [
      "a function by name",
      { functions: [f], function_call: { name: "f" } },
      { ...asTools, tool_choice: { type: "function", function: { name: "f" } } },
    ],
    ["none of them, and a choice that demands nothing", { functions: [], function_call: "none" }, {}],
    ["null", { functions: null, function_call: null, top_p: 1 }, { functions: null, function_call: null, top_p: 1 }],
    ["a choice of null beside functions", { functions: [f], function_call: null }, asTools],
    ["an empty list beside tools", { functions: [], tools }, { tools }],
    ["other fields", { functions: [f], temperature: 0 }, { ...asTools, temperature: 0 }],
  ])("%s", (_, body, expected) => {
    expect(toModernRequest({ messages: [user], ...body })).toEqual({ messages: [user], ...expected });
  });

  test.each<[JsonObject, string, string]>([
    [{ functions: { f } }, "functions", "invalid_type"],
    [{ functions: ["f"] }, "functions[0]", "invalid_type"],
    [{ functions: [f], tools }, "functions", "invalid_value"],
    [{ functions: [f], function_call: "f" }, "function_call", "invalid_value"],
    [{ functions: [f], function_call: {} }, "function_call", "invalid_value"],
    [{ function_call: { name: "f" } }, "function_call", "invalid_value"],
    [{ messages: [user, { role: "function", name: "f", content: "1" }] }, "messages[1].name", "invalid_value"],
  ])("%j is a 400 that names the field", (body, param, code) => {
    expect(() => toModernRequest(body)).toThrow(expect.objectContaining({ status: 400, param, code }));
  });

  test("a request of today's form is not touched", () => {
    const body = { messages: [user, { role: "assistant", content: "a", function_call: null }], tools };
    expect(toModernRequest(body)).toBe(body);
    expect(translateModern(body, (modern) => modern)).toBe(body);
  });
});

describe("the history", () => {
  const called = (name: string, args = "{}") => ({
    role: "assistant",
    content: null,
    function_call: { name, arguments: args },
  });
  const result = (name: string, content: string) => ({ role: "function", name, content });
  const call = (id: string, name: string, args = "{}") => ({
    role: "assistant",
    content: null,
    tool_calls: [{ id, type: "function", function: { name, arguments: args } }],
  });
  const answer = (tool_call_id: string, content: string) => ({ role: "tool", tool_call_id, content });

  test.each([
    [
      "a call and its result",
      [user, called("f", '{"a":1}'), result("f", "2")],
      [user, call("function_call_1", "f", '{"a":1}'), answer("function_call_1", "2")],
    ],
    [
      "the same function twice, each with its result",
      [called("f"), result("f", "1"), called("f"), result("f", "2")],
      [
        call("function_call_0", "f"),
        answer("function_call_0", "1"),
        call("function_call_2", "f"),
        answer("function_call_2", "2"),
      ],
    ],
    [
      "results in another order than the calls",
      [called("f"), called("g"), result("g", "g"), result("f", "f")],
      [
        call("function_call_0", "f"),
        call("function_call_1", "g"),
        answer("function_call_1", "g"),
        answer("function_call_0", "f"),
      ],
    ],
    [
      "a second result of one call",
      [called("f"), result("f", "1"), result("f", "2")],
      [call("function_call_0", "f"), answer("function_call_0", "1"), answer("function_call_0", "2")],
    ],
    [
      "a call that a server has written in both forms",
      [{ ...call("c", "f"), function_call: { name: "f", arguments: "{}" } }, answer("c", "1")],
      [call("c", "f"), answer("c", "1")],
    ],
    [
      "calls of today's form beside it",
      [call("c", "f"), answer("c", "1"), called("g"), result("g", "2")],
      [call("c", "f"), answer("c", "1"), call("function_call_2", "g"), answer("function_call_2", "2")],
    ],
  ])("%s", (_, messages, expected) => {
    expect(toModernRequest({ messages })).toEqual({ messages: expected });
  });
});

describe("what is wrong is said of what the client wrote", () => {
  const calls = [user, { role: "assistant", function_call: { name: "f", arguments: "{" } }];
  const modern = [user, { role: "assistant", tool_calls: [{ id: "c", function: { name: "f", arguments: "{" } }] }];
  test.each<[string, JsonObject, string]>([
    ["tools[0].function.name", { functions: [f] }, "functions[0].name"],
    ["tool_choice.function.name", { functions: [f] }, "function_call.name"],
    ["tool_choice", { functions: [f] }, "function_call"],
    ["messages[1].tool_calls[0].function.arguments", { messages: calls }, "messages[1].function_call.arguments"],
    [
      "messages[1].tool_calls[0].function.arguments",
      { messages: modern, functions: [f] },
      "messages[1].tool_calls[0].function.arguments",
    ],
    ["tools[0].function.name", { messages: calls, tools: [] }, "tools[0].function.name"],
    ["temperature", { functions: [f] }, "temperature"],
  ])("%s of %j", (param, body, expected) => {
    const refuse = () => {
      throw badRequest(`${param} is wrong.`, param, "invalid_value");
    };
    expect(() => translateModern(body, refuse)).toThrow(
      expect.objectContaining({
        message: `${expected} is wrong.`,
        param: expected,
        code: "invalid_value",
        status: 400,
      }),
    );
  });

  test("other failures stay as they are", () => {
    for (const failure of [new Error("x"), new ApiError({ status: 404, message: "tool_choice", param: "model" })]) {
      const fail = () => {
        throw failure;
      };
      expect(() => translateModern({ functions: [f] }, fail)).toThrow(failure);
    }
  });
});

test.each<[JsonObject, boolean]>([
  [{ functions: [f] }, true],
  [{ functions: [] }, false],
  [{ functions: null }, false],
  [{ function_call: "none" }, false],
  [{ tools: [{ type: "function", function: f }] }, false],
  [{ messages: [{ role: "assistant", function_call: { name: "f", arguments: "{}" } }] }, false],
])("the answer to %j has the old form: %j", (body, expected) => {
  expect(asksForLegacyFunctions(body)).toBe(expected);
});
