import { expect, test } from "vitest";
import { piecesOf, replyTo } from "../../dev/replies.ts";
import { exampleOf } from "../../dev/schema-example.ts";

const weather = {
  type: "function",
  function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};
const user = (content: unknown) => [{ role: "user", content }];

test("the text says that it is the stand-in, and of what, and repeats the prompt", () => {
  const { text, toolCall } = replyTo({ model: "gpt-4", messages: user([{ type: "text", text: "Hello" }]) });
  expect(text).toMatch(/offline stand-in for gpt-4.*“Hello”/);
  expect(toolCall).toBeUndefined();
});

test.each([
  ["the prompt speaks of what the tool does", "How is the weather in Rome?", undefined, { city: "Rome" }],
  ["the prompt asks for a tool by that word", "Please use a tool", undefined, { city: "Please use a tool" }],
  ["tool_choice is required", "Hello", "required", { city: "Hello" }],
  ["tool_choice names it", "Hello", { type: "function", function: { name: "get_weather" } }, { city: "Hello" }],
  ["the prompt is about something else", "Hello", "auto", undefined],
  ["tool_choice forbids it", "How is the weather in Rome?", "none", undefined],
])("a tool is called or not: %s", (_when, prompt, toolChoice, expected) => {
  const { toolCall, text } = replyTo({ model: "m", messages: user(prompt), tools: [weather], toolChoice });
  expect(toolCall?.arguments).toEqual(expected);
  expect(text === "").toBe(expected !== undefined);
});

test("a tool's result is told, not asked for again", () => {
  const messages = [
    ...user("weather in Rome?"),
    { role: "assistant", content: null },
    { role: "tool", content: "22 °C" },
  ];
  const { toolCall, text } = replyTo({ model: "m", messages, tools: [weather] });
  expect(toolCall).toBeUndefined();
  expect(text).toContain("22 °C");
});

test("a reasoning model thinks, another does not", () => {
  expect(replyTo({ model: "@cf/openai/gpt-oss-120b", messages: user("Hi") }).reasoning).toBeTruthy();
  expect(replyTo({ model: "gpt-4", messages: user("Hi") }).reasoning).toBeUndefined();
});

test.each([
  ["a text", " stand-in", "This is the offline"],
  ["the first of several to come", ["no model", "offline"], "This is the "],
  ["one that does not come", "never", undefined],
  ["an empty one", "", undefined],
  ["none", null, undefined],
])("an answer ends before `stop`: %s", (_what, stop, expected) => {
  const request = { model: "m", messages: user("Hi") };
  expect(replyTo({ ...request, stop }).text).toBe(expected ?? replyTo(request).text);
});

test("a structured answer fits its schema", () => {
  const jsonSchema = {
    type: "object",
    properties: {
      name: { type: "string", maxLength: 3 },
      kind: { enum: ["a", "b"] },
      count: { type: ["null", "INTEGER"], minimum: 5 },
      tags: { type: "array", items: { $ref: "#/$defs/tag" }, minItems: 2 },
      optional: { type: "string" },
    },
    required: ["name", "kind", "count", "tags"],
    $defs: { tag: { anyOf: [{ type: "boolean" }, { type: "null" }] } },
  };
  const { text } = replyTo({ model: "m", messages: user("abcdef"), jsonSchema });
  expect(JSON.parse(text)).toEqual({ name: "abc", kind: "a", count: 5, tags: [true, true] });
});

test("a schema that refers to itself ends", () => {
  const node = { type: "object", properties: { next: { $ref: "#" } } };
  expect(JSON.stringify(exampleOf(node, "")).length).toBeLessThan(200);
});

test.each(["", "one", " lead and  two spaces ", "emoji 👩‍👩‍👧 and 漢字"])(
  "pieces joined are the text again: %j",
  (text) => {
    expect(piecesOf(text).join("")).toBe(text);
  },
);
