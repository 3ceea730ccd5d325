import { describe, expect, test } from "vitest";
import { toGeminiRequest } from "../src/request.ts";
import { ask, ignoredBy, refusal, refused } from "./helpers.ts";

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

  test("schemas of SDKs ($schema, additionalProperties, strict) go where JSON Schema is taken", () => {
    const schema = objectOf({ a: { type: "string" } }, { required: ["a"], additionalProperties: false });
    const sent = declared({ $schema: "http://json-schema.org/draft-07/schema#", ...schema });
    expect(sent).toEqual({ name: "f", parametersJsonSchema: schema });
    expect(sent.parameters).toBeUndefined();
  });

  test("const becomes an enum of one, $comment goes, other keywords stay", () => {
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

  test("definitions stay at the root of what is nullable as a whole", () => {
    const $defs = { A: objectOf({}) };
    expect(schemaOf({ nullable: true, type: "object", anyOf: [{ $ref: "#/$defs/A" }], $defs })).toEqual({
      anyOf: [{ type: "object", anyOf: [{ $ref: "#/$defs/A" }] }, { type: "null" }],
      $defs,
    });
  });

  test("references stay, cyclic ones too; words beside a reference are not lost", () => {
    const schema = {
      ...objectOf({ node: { $ref: "#/$defs/Node", description: "the root" } }),
      $defs: { Node: objectOf({ next: { $ref: "#/$defs/Node" }, kind: { const: "n" } }) },
    };
    expect(schemaOf(schema)).toEqual({
      ...objectOf({ node: { anyOf: [{ $ref: "#/$defs/Node" }], description: "the root" } }),
      $defs: { Node: objectOf({ next: { $ref: "#/$defs/Node" }, kind: { enum: ["n"] } }) },
    });
  });

  const a = { type: "object", properties: { x: { type: "string" } } };
  test.each([
    [
      "zod 3, named: only a reference at the root",
      { $ref: "#/definitions/A", definitions: { A: a }, $schema: "http://json-schema.org/draft-07/schema#" },
      a,
    ],
    [
      "draft 7: definitions",
      objectOf({ a: { $ref: "#/definitions/A" }, b: { $ref: "#/definitions/A" } }, { definitions: { A: a } }),
      objectOf({ a: { $ref: "#/$defs/A" }, b: { $ref: "#/$defs/A" } }, { $defs: { A: a } }),
    ],
    [
      "zod 3: the path to an earlier part",
      objectOf({ from: a, list: { type: "array", items: { $ref: "#/properties/from" } } }),
      objectOf({ from: a, list: { type: "array", items: { $ref: "#/$defs/from" } } }, { $defs: { from: a } }),
    ],
    [
      "the whole of itself",
      objectOf({ next: { $ref: "#" } }),
      objectOf({ next: { $ref: "#/$defs/root" } }, { $defs: { root: objectOf({ next: { $ref: "#/$defs/root" } }) } }),
    ],
    [
      "schemas put together: a name in the $defs of a part",
      objectOf({ a: objectOf({ b: { $ref: "#/$defs/A" } }, { $defs: { A: a } }) }),
      objectOf({ a: objectOf({ b: { $ref: "#/$defs/A" } }) }, { $defs: { A: a } }),
    ],
    [
      "two parts with one name, by their paths",
      objectOf(
        { b: { $ref: "#/properties/c/$defs/A" }, c: { $defs: { A: a } }, d: { $ref: "#/$defs/A" } },
        { $defs: { A: {} } },
      ),
      objectOf({ b: { $ref: "#/$defs/A_2" }, c: {}, d: { $ref: "#/$defs/A" } }, { $defs: { A: {}, A_2: a } }),
    ],
    [
      "escaped and encoded names",
      objectOf({ a: { $ref: "#/definitions/x~1y%3Cz%3E" } }, { definitions: { "x/y<z>": a } }),
      objectOf({ a: { $ref: "#/$defs/x_y_z_" } }, { $defs: { x_y_z_: a } }),
    ],
    ["a reference to nothing", objectOf({ a: { $ref: "#/$defs/B" } }), objectOf({ a: { $ref: "#/$defs/B" } })],
  ])("references as they are written: %s", (_, given, sent) => {
    expect(schemaOf(given)).toEqual(sent);
  });

  test("a reference is not followed for ever, and parts of parts do not fill the memory", () => {
    expect(schemaOf({ $ref: "#/definitions/A", definitions: { A: { $ref: "#/definitions/A" } } })).toBeDefined();
    let schema: object = { type: "string" };
    const refs: object[] = [];
    let path = "#";
    for (let level = 0; level < 90; level++) {
      schema = { anyOf: [schema, ...Array.from({ length: 200 }, () => ({ type: "null" }))] };
      path += "/anyOf/0";
      refs.push({ $ref: path });
    }
    const parameters = { ...schema, oneOf: refs };
    expect(refused({ tools: [tool(parameters)] })).toMatchObject({
      status: 400,
      param: "tools[0].function.parameters",
    });
  });

  test.each([
    ["null as a constant", { const: null }, { type: "null" }],
    ["a constant beside its enum", { const: "x", enum: ["x", "y"] }, { enum: ["x"] }],
    ["a constant after its enum", { enum: ["x", "y"], const: "x" }, { enum: ["x"] }],
    ["OpenAPI's nullable", { type: "string", nullable: true }, { type: ["string", "null"] }],
    ["OpenAPI's nullable choice", { anyOf: [a], nullable: true }, { anyOf: [a, { type: "null" }] }],
    ["what is not nullable", { type: "string", nullable: false }, { type: "string" }],
    ["a nullable list of types", { type: ["string", "null"], nullable: true }, { type: ["string", "null"] }],
    ["a nullable list", { type: "array", nullable: true }, { type: ["array", "null"], items: {} }],
    ["anything nullable", { description: "d", nullable: true }, { description: "d" }],
    [
      "a nullable enum",
      { enum: ["x"], nullable: true, title: "T" },
      { title: "T", anyOf: [{ enum: ["x"] }, { type: "null" }] },
    ],
    [
      "a nullable enum with its type",
      { type: "string", enum: ["x"], nullable: true },
      { anyOf: [{ type: "string", enum: ["x"] }, { type: "null" }] },
    ],
    ["a nullable oneOf", { oneOf: [a, {}], nullable: true }, { anyOf: [{ oneOf: [a, {}] }, { type: "null" }] }],
    [
      "a nullable reference",
      { $ref: "#/$defs/Nowhere", nullable: true },
      { anyOf: [{ $ref: "#/$defs/Nowhere" }, { type: "null" }] },
    ],
    [
      "a nullable reference with words",
      { $ref: "#/$defs/Nowhere", nullable: true, description: "d" },
      { description: "d", anyOf: [{ $ref: "#/$defs/Nowhere" }, { type: "null" }] },
    ],
    [
      "OpenAPI 3.0: a nullable allOf of one reference",
      { nullable: true, allOf: [{ $ref: "#/$defs/Nowhere" }] },
      { anyOf: [{ $ref: "#/$defs/Nowhere" }, { type: "null" }] },
    ],
    [
      "a property of the name nullable",
      objectOf({ nullable: { type: "boolean" } }),
      objectOf({ nullable: { type: "boolean" } }),
    ],
    ["anything, as true", objectOf({ x: true, y: { anyOf: [true] } }), objectOf({ x: {}, y: { anyOf: [{}] } })],
    [
      "closed and open objects",
      objectOf({}, { additionalProperties: false, x: 1 }),
      objectOf({}, { additionalProperties: false, x: 1 }),
    ],
    ["a list of anything", { type: "array", items: true }, { type: "array", items: {} }],
    [
      "a tuple of draft 7",
      { type: "array", items: [{ const: 1 }, a], additionalItems: false },
      { type: "array", prefixItems: [{ enum: [1] }, a], maxItems: 2 },
    ],
    [
      "an open tuple of draft 7",
      { type: "array", items: [a], additionalItems: { type: "string" } },
      { type: "array", prefixItems: [a], items: { type: "string" } },
    ],
    [
      "a closed tuple",
      { type: "array", prefixItems: [a], items: false },
      { type: "array", prefixItems: [a], maxItems: 1 },
    ],
    ["pydantic 1: allOf of one, with words", { title: "T", allOf: [{ ...a, title: "A" }] }, { ...a, title: "T" }],
    [
      "pydantic 1: allOf of one reference",
      { allOf: [{ $ref: "#/$defs/Nowhere" }], default: 1 },
      { anyOf: [{ $ref: "#/$defs/Nowhere" }], default: 1 },
    ],
    [
      "an intersection of zod's",
      { allOf: [objectOf({ x: true }, { required: ["x"] }), objectOf({ y: {} }, { required: ["y"] })] },
      objectOf({ x: {}, y: {} }, { required: ["x", "y"] }),
    ],
    [
      "an intersection that collides",
      { allOf: [objectOf({ x: { type: "string" } }), objectOf({ x: { minLength: 1 } })] },
      { allOf: [objectOf({ x: { type: "string" } }), objectOf({ x: { minLength: 1 } })] },
    ],
  ])("what few keywords can say is said in them: %s", (_, given, sent) => {
    expect(schemaOf(objectOf({ it: given }))).toEqual(objectOf({ it: sent }));
  });

  test("a schema nested without end is a 400, not a crash", () => {
    const levels = 100_000;
    const schema = `${'{"type":"array","items":'.repeat(levels)}{}${"}".repeat(levels)}`;
    const text = `{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":${schema}}}]}`;
    expect(refusal(() => toGeminiRequest(text, "gemini-2.5-flash"))).toMatchObject({
      status: 400,
      param: "tools[0].function.parameters",
    });
  });

  test("properties that are named like keywords are properties", () => {
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
    ["a reference to one", { $ref: "#/definitions/F", definitions: { F: { type: "object", properties: {} } } }],
    [
      "a closed one, as pydantic writes it",
      { type: "object", properties: {}, required: [], additionalProperties: false, title: "F" },
    ],
  ])("a tool with %s is declared without a schema", (_, parameters) => {
    expect(declared(parameters)).toEqual({ name: "f" });
  });

  test("a tool that takes any object keeps its schema", () => {
    expect(schemaOf({ type: "object", additionalProperties: true })).toEqual({
      type: "object",
      additionalProperties: true,
    });
  });

  test("a list without items gets them", () => {
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
    ["a nameless function", { type: "function", function: { name: "" } }, "tools[0].function.name"],
    ["a function without a name", { type: "function", function: {} }, "tools[0].function.name"],
    ["a name Gemini refuses", { type: "function", function: { name: "1 + 1" } }, "tools[0].function.name"],
    [
      "a schema that is none",
      { type: "function", function: { name: "f", parameters: [] } },
      "tools[0].function.parameters",
    ],
    [
      "a description that is no text",
      { type: "function", function: { name: "f", description: { en: "does f" } } },
      "tools[0].function.description",
    ],
    ["a custom tool", { type: "custom", custom: { name: "f" } }, "tools[0].type"],
    ["no tool", 7, "tools[0].type"],
    ["a tool in the form of the Responses API", { type: "function", name: "f" }, "tools[0].function"],
  ])("%s is a 400 that names the tool", (_, one, param) => {
    expect(refused({ tools: [one] })).toMatchObject({ status: 400, param });
  });

  test("a description of null is none", () => {
    const one = { type: "function", function: { name: "f", description: null } };
    expect(ask({ tools: [one] }).tools).toEqual([{ functionDeclarations: [{ name: "f" }] }]);
  });

  test("web search is Google's, beside functions", () => {
    expect(ask({ web_search_options: {}, tools: [tool()] }).tools).toEqual([
      { functionDeclarations: [{ name: "f" }] },
      { googleSearch: {} },
    ]);
  });

  test("functions beside Google's own tools show their steps, without which Gemini refuses the two together", () => {
    const own = { google: { tools: [{ code_execution: {} }] } };
    const shown = { includeServerSideToolInvocations: true };
    expect(ask({ web_search_options: {}, tools: [tool()] }).toolConfig).toEqual(shown);
    expect(ask({ ...own, tools: [tool()] }).toolConfig).toEqual(shown);
    expect(ask({ ...own, web_search_options: {} }).toolConfig).toBeUndefined();
    expect(ask({ tools: [tool()] }).toolConfig).toBeUndefined();
    const unwanted = { google: { ...own.google, include_server_side_tool_invocations: false } };
    expect(ask({ ...unwanted, tools: [tool()] }).toolConfig).toEqual({ includeServerSideToolInvocations: false });
  });
});

describe("tool_choice", () => {
  const named = (name: string) => ({ type: "function", function: { name } });
  const callingFor = (tool_choice: unknown, rest: object = {}) =>
    ask({ tools: [tool(), tool(undefined, "g")], tool_choice, ...rest }).toolConfig?.["functionCallingConfig"];

  test.each([
    ["none", "none", { mode: "NONE" }],
    ["auto", "auto", undefined],
    ["required", "required", { mode: "ANY" }],
    ["validated, as Cursor sends it", "validated", { mode: "VALIDATED" }],
    ["a named function", named("g"), { mode: "ANY", allowedFunctionNames: ["g"] }],
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

  test("parallel_tool_calls does not force a call", () => {
    expect(callingFor(undefined, { parallel_tool_calls: true })).toBeUndefined();
  });

  test.each([
    [{ tools: {} }, "tools"],
    [{ tools: [tool()], tool_choice: named("other") }, "tool_choice.function.name"],
    [{ tools: [tool()], tool_choice: "always" }, "tool_choice"],
    [{ tool_choice: "required" }, "tool_choice"],
    [{ tool_choice: "validated" }, "tool_choice"],
    [{ functions: [{ name: "1 + 1" }] }, "functions[0].name"],
    [{ functions: [{ name: "f" }], function_call: { name: "g" } }, "function_call.name"],
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

test("functions of the form before tools reach Gemini as its own, with the history's calls and results", () => {
  const messages = [
    { role: "user", content: "a" },
    { role: "assistant", content: null, function_call: { name: "f", arguments: '{"x":1}' } },
    { role: "function", name: "f", content: "2" },
  ];
  const body = { messages, functions: [{ name: "f", description: "does f" }], function_call: { name: "f" } };
  expect(ask(body, "gemini-3.8-flash")).toEqual({
    contents: [
      { role: "user", parts: [{ text: "a" }] },
      {
        role: "model",
        parts: [
          {
            functionCall: { name: "f", args: { x: 1 }, id: "function_call_1" },
            thoughtSignature: "skip_thought_signature_validator",
          },
        ],
      },
      {
        role: "user",
        parts: [{ functionResponse: { name: "f", response: { output: 2 }, id: "function_call_1" } }],
      },
    ],
    tools: [{ functionDeclarations: [{ name: "f", description: "does f" }] }],
    toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
  });
  expect(ignoredBy(body)).toEqual([]);
});
