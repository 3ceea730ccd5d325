import { describe, expect, test } from "vitest";
import { toGeminiRequest } from "../src/request.ts";
import { ask, refusal, refused } from "./helpers.ts";

const tool = (parameters?: unknown, name = "f") => ({
  type: "function",
  function: { name, ...(parameters !== undefined && { parameters }) },
});
const declared = (parameters: unknown) => {
  const declarations = ask({ tools: [tool(parameters)] }).tools?.[0]?.["functionDeclarations"];
  return Array.isArray(declarations) ? declarations[0] : undefined;
};
const schemaOf = (parameters: unknown) => declared(parameters).parametersJsonSchema;
const objectOf = (properties: object, rest: object = {}) => ({ type: "object", properties, ...rest });

describe("tools", () => {
  test("all functions stand in one group, with name, description and schema", () => {
    const described = {
      type: "function",
      function: { name: "g", description: "does g", parameters: objectOf({ a: { type: "string" } }), strict: true },
    };
    expect(ask({ tools: [tool(), described] }).tools).toEqual([
      {
        functionDeclarations: [
          { name: "f" },
          { name: "g", description: "does g", parametersJsonSchema: objectOf({ a: { type: "string" } }) },
        ],
      },
    ]);
  });

  test("P15 schemas of SDKs ($schema, additionalProperties, strict) go where JSON Schema is taken", () => {
    const schema = objectOf({ a: { type: "string" } }, { required: ["a"], additionalProperties: false });
    const sent = declared({ $schema: "http://json-schema.org/draft-07/schema#", ...schema });
    expect(sent).toEqual({ name: "f", parametersJsonSchema: schema });
    expect(sent.parameters).toBeUndefined();
  });

  test("P16 const becomes an enum of one, $comment goes, other keywords stay", () => {
    const schema = objectOf({
      kind: { const: "x", $comment: "why" },
      n: { type: "integer", exclusiveMinimum: 0 },
      map: { type: "object", propertyNames: { pattern: "^a" }, patternProperties: { "^a": { const: 1 } } },
      e: { type: "string", enum: ["a"], enumDescriptions: ["first"] },
    });
    expect(schemaOf(schema)).toEqual(
      objectOf({
        kind: { enum: ["x"] },
        n: { type: "integer", exclusiveMinimum: 0 },
        map: { type: "object", propertyNames: { pattern: "^a" }, patternProperties: { "^a": { enum: [1] } } },
        e: { type: "string", enum: ["a"], enumDescriptions: ["first"] },
      }),
    );
  });

  test("P17 references stay, cyclic ones too; words beside a reference are not lost", () => {
    const schema = {
      ...objectOf({ node: { $ref: "#/$defs/Node", description: "the root" } }),
      $defs: { Node: objectOf({ next: { $ref: "#/$defs/Node" }, kind: { const: "n" } }) },
    };
    expect(schemaOf(schema)).toEqual({
      ...objectOf({ node: { anyOf: [{ $ref: "#/$defs/Node" }], description: "the root" } }),
      $defs: { Node: objectOf({ next: { $ref: "#/$defs/Node" }, kind: { enum: ["n"] } }) },
    });
  });

  test("P17 a schema nested without end is a 400, not a crash", () => {
    const levels = 100_000;
    const schema = `${'{"type":"array","items":'.repeat(levels)}{}${"}".repeat(levels)}`;
    const text = `{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":${schema}}}]}`;
    expect(refusal(() => toGeminiRequest(text, "gemini-2.5-flash"))).toMatchObject({
      status: 400,
      param: "tools[0].function.parameters",
    });
  });

  test("P18 properties that are named like keywords are properties", () => {
    const properties = {
      $ref: { type: "string" },
      const: { type: "string" },
      additionalProperties: { type: "string" },
      $schema: { type: "string" },
      items: { type: "string" },
      properties: objectOf({ const: { const: 1 } }),
    };
    expect(schemaOf(objectOf(properties))).toEqual(
      objectOf({ ...properties, properties: objectOf({ const: { enum: [1] } }) }),
    );
  });

  test.each([
    ["no parameters", undefined],
    ["an empty schema", {}],
    ["an object without properties", { type: "object", properties: {} }],
    [
      "a closed one, as pydantic writes it",
      { type: "object", properties: {}, required: [], additionalProperties: false, title: "F" },
    ],
  ])("P19 a tool with %s is declared without a schema", (_, parameters) => {
    expect(declared(parameters)).toEqual({ name: "f" });
  });

  test("P19 a tool that takes any object keeps its schema", () => {
    expect(schemaOf({ type: "object", additionalProperties: true })).toEqual({
      type: "object",
      additionalProperties: true,
    });
  });

  test("P20 a list without items gets them", () => {
    expect(
      schemaOf(
        objectOf({
          a: { type: "array" },
          b: { type: ["array", "null"] },
          c: { type: "array", prefixItems: [{ const: 1 }] },
        }),
      ),
    ).toEqual(
      objectOf({
        a: { type: "array", items: {} },
        b: { type: ["array", "null"], items: {} },
        c: { type: "array", prefixItems: [{ enum: [1] }] },
      }),
    );
  });

  test.each([
    ["P20 a nameless function", { type: "function", function: { name: "" } }, "tools[0].function.name"],
    ["P20 a function without a name", { type: "function", function: {} }, "tools[0].function.name"],
    ["P20 a name Gemini refuses", { type: "function", function: { name: "1 + 1" } }, "tools[0].function.name"],
    [
      "P20 a schema that is none",
      { type: "function", function: { name: "f", parameters: [] } },
      "tools[0].function.parameters",
    ],
    ["a custom tool", { type: "custom", custom: { name: "f" } }, "tools[0].type"],
    ["no tool", 7, "tools[0].type"],
  ])("%s is a 400 that names the tool", (_, one, param) => {
    expect(refused({ tools: [one] })).toMatchObject({ status: 400, param });
  });

  test("web search is Google's, beside functions", () => {
    expect(ask({ web_search_options: {}, tools: [tool()] }).tools).toEqual([
      { functionDeclarations: [{ name: "f" }] },
      { googleSearch: {} },
    ]);
  });
});

describe("tool_choice", () => {
  const named = (name: string) => ({ type: "function", function: { name } });
  const callingFor = (tool_choice: unknown, rest: object = {}) =>
    ask({ tools: [tool(), tool(undefined, "g")], tool_choice, ...rest }).toolConfig?.["functionCallingConfig"];

  test.each([
    ["none", "none", { mode: "NONE" }],
    ["auto", "auto", undefined],
    ["P23 required", "required", { mode: "ANY" }],
    ["P23 a named function", named("g"), { mode: "ANY", allowedFunctionNames: ["g"] }],
    [
      "allowed tools, required",
      { type: "allowed_tools", allowed_tools: { mode: "required", tools: [named("f")] } },
      { mode: "ANY", allowedFunctionNames: ["f"] },
    ],
    [
      "allowed tools, auto",
      { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [named("f")] } },
      { mode: "VALIDATED", allowedFunctionNames: ["f"] },
    ],
  ])("%s", (_, choice, expected) => {
    expect(callingFor(choice)).toEqual(expected);
  });

  test("P23 parallel_tool_calls does not force a call", () => {
    expect(callingFor(undefined, { parallel_tool_calls: true })).toBeUndefined();
  });

  test.each([
    [{ tools: [tool()], tool_choice: named("other") }, "tool_choice.function.name"],
    [{ tools: [tool()], tool_choice: "always" }, "tool_choice"],
    [{ tool_choice: "required" }, "tool_choice"],
    [
      { tools: [tool()], tool_choice: { type: "allowed_tools", allowed_tools: { mode: "maybe" } } },
      "tool_choice.allowed_tools.mode",
    ],
    [
      { tools: [tool()], tool_choice: { type: "allowed_tools", allowed_tools: { mode: "required", tools: [] } } },
      "tool_choice.allowed_tools.tools",
    ],
  ])("%j is a 400", (body, param) => {
    expect(refused(body)).toMatchObject({ status: 400, param });
  });

  test("none and auto without tools ask for nothing", () => {
    expect(ask({ tool_choice: "none" }).toolConfig).toBeUndefined();
    expect(ask({ tool_choice: "auto" }).toolConfig).toBeUndefined();
  });
});
