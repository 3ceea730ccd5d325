import { isObject } from "../shared/json.ts";

/** How deep an example follows a schema; a schema that refers to itself ends here. */
const DEEPEST = 8;

/**
 * A value that fits a JSON schema as far as the schema says it plainly: types,
 * enum, const, default, required and other properties, items, anyOf, $ref within
 * the schema, lower bounds. Strings without a rule of their own are `text`.
 * Schema types may be written in capitals, as Gemini does.
 */
export function exampleOf(schema: unknown, text: string): unknown {
  return example(schema, text, schema, DEEPEST);
}

function example(schema: unknown, text: string, whole: unknown, depth: number): unknown {
  if (!isObject(schema) || depth === 0) return null;
  if ("const" in schema) return schema["const"];
  if ("default" in schema) return schema["default"];
  if (Array.isArray(schema["enum"])) return schema["enum"][0];
  if (typeof schema["$ref"] === "string") return example(resolve(schema["$ref"], whole), text, whole, depth - 1);
  const choice = first(schema["anyOf"]) ?? first(schema["oneOf"]) ?? first(schema["allOf"]);
  if (choice !== undefined) return example(choice, text, whole, depth - 1);
  switch (typeOf(schema)) {
    case "object":
      return exampleObject(schema, text, whole, depth);
    case "array":
      return Array.from({ length: Math.max(1, number(schema["minItems"], 1)) }, () =>
        example(schema["items"] ?? { type: "string" }, text, whole, depth - 1),
      );
    case "integer":
    case "number":
      return number(schema["minimum"], 1);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return exampleString(schema, text);
  }
}

function exampleObject(schema: Record<string, unknown>, text: string, whole: unknown, depth: number): unknown {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : Object.keys(properties));
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => required.has(name))
      .map(([name, property]) => [name, example(property, text, whole, depth - 1)]),
  );
}

function exampleString(schema: Record<string, unknown>, text: string): string {
  if (schema["format"] === "date-time") return "2026-01-01T00:00:00Z";
  if (schema["format"] === "date") return "2026-01-01";
  if (schema["format"] === "email") return "offline@example.com";
  if (schema["format"] === "uri") return "https://example.com/";
  const shortest = number(schema["minLength"], 0);
  return text.padEnd(shortest, ".").slice(0, Math.max(shortest, number(schema["maxLength"], text.length)));
}

/** The first type that is not null: `["string", "null"]` → "string"; what has properties is an object. */
function typeOf(schema: Record<string, unknown>): string {
  const type = Array.isArray(schema["type"]) ? schema["type"].find((each) => each !== "null") : schema["type"];
  if (typeof type === "string") return type.toLowerCase();
  return "properties" in schema ? "object" : "string";
}

/** `#/$defs/City` looked up in the whole schema. */
function resolve(reference: string, whole: unknown): unknown {
  return reference
    .split("/")
    .slice(1)
    .reduce(
      (at: unknown, key) => (isObject(at) ? at[key.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined),
      whole,
    );
}

function first(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

function number(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
