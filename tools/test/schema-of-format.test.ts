import { expect, test } from "vitest";
import { schemaOfFormat } from "../../dev/schema-of-format.ts";

const schema = { type: "object", properties: { city: { type: "string" } } };

test.each([
  ["OpenAI's chats", { type: "json_schema", json_schema: { name: "a", strict: true, schema } }, schema],
  ["OpenAI's responses", { type: "json_schema", name: "a", schema }, schema],
  ["Workers AI", { type: "json_schema", json_schema: schema }, schema],
  ["a schema of choices only", { type: "json_schema", json_schema: { anyOf: [schema] } }, { anyOf: [schema] }],
  ["llama.cpp, Together, instructor", { type: "json_object", schema }, schema],
  ["JSON of any shape", { type: "json_object" }, true],
  ["an envelope without a schema", { type: "json_schema", json_schema: { name: "a" } }, true],
  ["a name alone", { type: "json_schema" }, true],
  ["text", { type: "text" }, undefined],
  ["nothing", undefined, undefined],
])("the stand-ins read the schema of %s", (_, format, expected) => {
  expect(schemaOfFormat(format)).toEqual(expected);
});
