import { describe, expect, test } from "vitest";
import { demandedTools, leakedCalls } from "../src/leaked-calls.ts";
import { completionOf, deltas, rows, translate } from "./read-answer.ts";

const demanded = new Set(["get_weather"]);
const call = '{"name":"get_weather","arguments":{"city":"Rome"}}';
const pieces = [call.slice(0, 9), call.slice(9)].map((content) => ({ choices: [{ index: 0, delta: { content } }] }));
const end = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };

const tools = [{ type: "function", function: { name: "get_weather" } }];
test.each([
  ["required", ["get_weather"]],
  [{ type: "function", function: { name: "get_weather" } }, ["get_weather"]],
  [{ type: "allowed_tools", allowed_tools: { mode: "required", tools } }, ["get_weather"]],
  [{ type: "allowed_tools", allowed_tools: { mode: "auto", tools } }, []],
  ["auto", []],
  [undefined, []],
])("tool_choice %j demands %j", (tool_choice, names) => {
  expect([...demandedTools({ tools, tool_choice })]).toEqual(names);
});

test("a function of the form before tools is demanded by its name; the history is not looked at", () => {
  const messages = [{ role: "function", name: "lost", content: "1" }];
  const functions = [{ name: "get_weather" }];
  const body = { messages, functions, function_call: { name: "get_weather" } };
  expect([...demandedTools(body)]).toEqual(["get_weather"]);
  expect([...demandedTools({ ...body, function_call: "auto" })]).toEqual([]);
});

test.each([
  [call, [{ name: "get_weather", arguments: { city: "Rome" } }]],
  [`[${call}]`, [{ name: "get_weather", arguments: { city: "Rome" } }]],
  ['{"name":"get_weather","parameters":{"city":"Rome"}}', [{ name: "get_weather", arguments: { city: "Rome" } }]],
  [' {"name":"get_weather","city":"Rome"}', [{ name: "get_weather", arguments: { city: "Rome" } }]],
  ['{"name":"analysis","city":"Rome"}', null],
  [`[${call},{"name":"other"}]`, null],
  ["It is sunny.", null],
  ["[]", null],
  ["", null],
])("%s is the calls %j", (text, calls) => {
  expect(leakedCalls(text, demanded)).toEqual(calls);
});

describe("a demanded call that the model writes as text", () => {
  test("is a call in a whole answer", () => {
    const output = { choices: [{ index: 0, message: { content: call }, finish_reason: "stop" }] };
    expect(completionOf(output, { demanded }).body["choices"]).toMatchObject([
      {
        message: { content: null, tool_calls: [{ function: { name: "get_weather", arguments: '{"city":"Rome"}' } }] },
        finish_reason: "tool_calls",
      },
    ]);
  });

  test("is a call in a stream", () => {
    expect(rows(translate([...pieces, end, "[DONE]"], { demanded }))).toMatchObject([
      {
        delta: {
          role: "assistant",
          content: null,
          tool_calls: [{ index: 0, function: { name: "get_weather", arguments: '{"city":"Rome"}' } }],
        },
      },
      { finish_reason: "tool_calls" },
    ]);
  });

  test("stays text where no call was demanded, and text that is no call is sent in the end", () => {
    expect(deltas(translate([...pieces, end, "[DONE]"])).map((delta) => delta["content"] ?? "")).toHaveLength(3);
    const prose = translate([{ response: "It is " }, { response: "sunny." }, "[DONE]"], { demanded });
    expect(deltas(prose)).toEqual([{ role: "assistant", content: "It is sunny." }, {}]);
  });

  test("counts as content while another attempt waits", () => {
    const sse = translate([{ response: "sunny" }, "[DONE]"], { demanded, refuseEmpty: true });
    expect(deltas(sse)[0]).toMatchObject({ content: "sunny" });
  });

  test("beside a real call stays text", () => {
    const real = {
      choices: [
        {
          index: 0,
          delta: { tool_calls: [{ index: 0, id: "c", function: { name: "get_weather", arguments: "{}" } }] },
        },
      ],
    };
    expect(deltas(translate([...pieces, real, end, "[DONE]"], { demanded }))).toMatchObject([
      { tool_calls: [{ id: "c" }] },
      { content: call },
      {},
    ]);
  });
});
