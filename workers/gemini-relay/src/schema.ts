import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";

/**
 * JSON Schemas for `parametersJsonSchema` and `responseJsonSchema`. These
 * fields take JSON Schema as clients write it ($ref, additionalProperties,
 * type lists, …), unlike `parameters` and `responseSchema`, which refuse every
 * key they do not know. What stays to be done:
 * - `const` → `enum` of one: Gemini reads enum only;
 * - `$ref` beside other keywords → inside `anyOf`: Gemini allows nothing but
 *   `$`-keywords next to a `$ref`, and pydantic writes descriptions there;
 * - a list without `items` → `items: {}`;
 * - `$schema` and `$comment`, which mean nothing to a model, go.
 * Source: ai.google.dev/gemini-api/docs/structured-output, discovery document.
 */

/** Keywords whose value is one schema. */
const SCHEMA_KEYWORDS = new Set([
  "items",
  "additionalItems",
  "additionalProperties",
  "unevaluatedItems",
  "unevaluatedProperties",
  "contains",
  "propertyNames",
  "not",
  "if",
  "then",
  "else",
]);
/** Keywords whose value is a list of schemas. */
const LIST_KEYWORDS = new Set(["anyOf", "oneOf", "allOf", "prefixItems", "items"]);
/** Keywords whose value maps names of the schema's author to schemas. */
const MAP_KEYWORDS = new Set(["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"]);
const MEANINGLESS = new Set(["$schema", "$comment"]);

/** Deeper schemas than any tool has are an attack on the stack. */
const DEEPEST = 100;

/** A client's schema as Gemini takes it; the given one is not changed. Throws a 400 with `param`. */
export function geminiSchema(schema: JsonObject, param: string): JsonObject {
  return rewrite(schema, param, 0);
}

/** Whether a function with these parameters takes nothing at all: Gemini wants no schema then. */
export function takesNothing(schema: JsonObject): boolean {
  const {
    type = "object",
    properties,
    additionalProperties,
    title: _,
    description: __,
    $schema: ___,
    required,
    ...rest
  } = schema;
  const none = properties === undefined || (isObject(properties) && Object.keys(properties).length === 0);
  const noneRequired = required === undefined || (Array.isArray(required) && required.length === 0);
  const closed = additionalProperties === undefined || additionalProperties === false;
  return type === "object" && none && noneRequired && closed && Object.keys(rest).length === 0;
}

function rewrite(schema: JsonObject, param: string, depth: number): JsonObject {
  if (depth > DEEPEST) throw badRequest("The schema is nested too deeply.", param, "invalid_value");
  const inner = (value: unknown): unknown => (isObject(value) ? rewrite(value, param, depth + 1) : value);
  const written: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (MEANINGLESS.has(keyword)) continue;
    if (keyword === "const") written["enum"] = [value];
    else if (LIST_KEYWORDS.has(keyword) && Array.isArray(value)) written[keyword] = value.map(inner);
    else if (SCHEMA_KEYWORDS.has(keyword)) written[keyword] = inner(value);
    else if (MAP_KEYWORDS.has(keyword) && isObject(value)) written[keyword] = mapValues(value, inner);
    else written[keyword] = value;
  }
  if (isList(written) && written["items"] === undefined && written["prefixItems"] === undefined) written["items"] = {};
  return refAlone(written);
}

/** `{$ref, description}` → `{anyOf: [{$ref}], description}` */
function refAlone(schema: JsonObject): JsonObject {
  const { $ref, ...rest } = schema;
  if ($ref === undefined || Object.keys(rest).every((keyword) => keyword.startsWith("$"))) return schema;
  const { anyOf, ...others } = rest;
  if (anyOf === undefined) return { anyOf: [{ $ref }], ...others };
  return { allOf: [{ $ref }], ...rest };
}

function isList({ type }: JsonObject): boolean {
  return type === "array" || (Array.isArray(type) && type.includes("array"));
}

function mapValues(map: JsonObject, change: (value: unknown) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));
}
