import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { SchemaRefs } from "./schema-refs.ts";

/**
 * JSON Schemas for `parametersJsonSchema` and `responseJsonSchema`. These
 * fields take JSON Schema as clients write it ($ref, additionalProperties,
 * type lists, …), unlike `parameters` and `responseSchema`, which refuse every
 * key they do not know. Gemini goes by few keywords, so what a client says in
 * others is rewritten where those can say it:
 * - `const` → `enum` of one, or type null;
 * - `nullable` (OpenAPI) → type null besides, in `type` or `anyOf`;
 * - `true` as a schema → `{}`;
 * - a tuple as draft 7 writes it → `prefixItems`;
 * - `allOf` of one, or of parts that do not collide → one schema;
 * - every `$ref` → one into the root's `$defs` (schema-refs.ts);
 * - `$ref` beside other keywords → inside `anyOf`: Gemini allows nothing but
 *   `$`-keywords next to a `$ref`, and pydantic writes descriptions there;
 * - a list without `items` → `items: {}`;
 * - `$schema` and `$comment`, which mean nothing to a model, go.
 * Source: ai.google.dev/gemini-api/docs/structured-output, discovery document
 * (GenerationConfig.responseJsonSchema lists the keywords).
 */

/** Keywords whose value is one schema, or true or false. */
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
const LIST_KEYWORDS = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
/** Keywords whose value maps names of the schema's author to schemas. */
const MAP_KEYWORDS = new Set(["properties", "patternProperties", "dependentSchemas", "$defs"]);
const MEANINGLESS = new Set(["$schema", "$comment"]);

/** Deeper schemas than any tool has are an attack on the stack. */
const DEEPEST = 100;
/** More schemas than any tool has are an attack on memory: references can name parts of parts. */
const MOST_SCHEMAS = 50_000;

interface Rewriting {
  refs: SchemaRefs;
  param: string;
  /** Schemas that may still come. */
  left: number;
}

/** A client's schema as Gemini takes it; the given one is not changed. Throws a 400 with `param`. */
export function toGeminiSchema(schema: JsonObject, param: string): JsonObject {
  const rewriting: Rewriting = { refs: new SchemaRefs(schema), param, left: MOST_SCHEMAS };
  const { $defs, ...written } = rewrite(rewriting.refs.root, rewriting, 0);
  const defs = new Map<string, unknown>(isObject($defs) ? Object.entries($defs) : []);
  for (let next = rewriting.refs.take(); next !== undefined; next = rewriting.refs.take()) {
    const [name, target] = next;
    defs.set(name, rewrite(target, rewriting, 1));
  }
  return defs.size > 0 ? { ...written, $defs: Object.fromEntries(defs) } : written;
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

function rewrite(schema: JsonObject, rewriting: Rewriting, depth: number): JsonObject {
  if (depth > DEEPEST) throw badRequest("The schema is nested too deeply.", rewriting.param, "invalid_value");
  if (rewriting.left-- === 0) throw badRequest("The schema is too large.", rewriting.param, "invalid_value");
  const inner = (value: unknown): unknown => (isObject(value) ? rewrite(value, rewriting, depth + 1) : value);
  const innerOrAny = (value: unknown): unknown => (value === true ? {} : inner(value));
  const written: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    // Definitions that a $ref uses are put into the root's $defs.
    if (MEANINGLESS.has(keyword) || keyword === "definitions" || (keyword === "$defs" && depth > 0)) continue;
    if (keyword === "nullable" && typeof value === "boolean") continue;
    if (keyword === "$ref") written[keyword] = typeof value === "string" ? rewriting.refs.follow(value) : value;
    else if (LIST_KEYWORDS.has(keyword) && Array.isArray(value)) written[keyword] = value.map(innerOrAny);
    else if (keyword === "items" && Array.isArray(value)) written[keyword] = value.map(innerOrAny);
    else if (SCHEMA_KEYWORDS.has(keyword)) written[keyword] = inner(value);
    else if (MAP_KEYWORDS.has(keyword) && isObject(value)) written[keyword] = mapValues(value, innerOrAny);
    else written[keyword] = value;
  }
  const whole = refAlone(merged(withItems(withoutConst(written))));
  return schema["nullable"] === true ? orNull(whole) : whole;
}

/** `{const: "a"}` → `{enum: ["a"]}`; of an enum beside it only that value is left. */
function withoutConst(schema: JsonObject): JsonObject {
  if (!Object.hasOwn(schema, "const")) return schema;
  const { const: only, enum: _, ...rest } = schema;
  return only === null ? { ...rest, type: "null" } : { ...rest, enum: [only] };
}

const NULL = { type: "null" };

/** Keywords beside which adding null to the type is not enough. */
const CHOICES = ["enum", "anyOf", "oneOf", "allOf", "not"];

/**
 * The same, or null. `{type: "string"}` → `{type: ["string", "null"]}`,
 * `{anyOf: [A]}` → `{anyOf: [A, null]}`, `{$ref, title}` → `{anyOf: [{$ref}, null], title}`
 */
function orNull(schema: JsonObject): JsonObject {
  const { type, anyOf } = schema;
  if (type !== undefined && !CHOICES.some((keyword) => schema[keyword] !== undefined)) {
    return { ...schema, type: [...new Set([type, "null"].flat())] };
  }
  const entries = Object.entries(schema);
  const outside = entries.filter(([keyword]) => keyword !== "$ref" && isWord(keyword));
  const inside = entries.filter(([keyword]) => keyword === "$ref" || !isWord(keyword));
  if (inside.length === 0) return schema;
  const choices = inside.length === 1 && Array.isArray(anyOf) ? anyOf : [Object.fromEntries(inside)];
  return { ...Object.fromEntries(outside), anyOf: [...choices, NULL] };
}

/** `items` as one schema, or true; a draft 7 tuple becomes `prefixItems`. */
function withItems(schema: JsonObject): JsonObject {
  const { items, additionalItems, ...rest } = schema;
  if (Array.isArray(items)) {
    const further = additionalItems === undefined ? {} : { items: additionalItems };
    return withItems({ ...rest, prefixItems: items, ...further });
  }
  if (items === true) return { ...schema, items: {} };
  const prefix: unknown = schema["prefixItems"];
  if (items === false && Array.isArray(prefix)) {
    const { items: _, ...tuple } = schema;
    return { maxItems: prefix.length, ...tuple };
  }
  return isList(schema) && items === undefined && prefix === undefined ? { ...schema, items: {} } : schema;
}

/** `{allOf: [{properties: {a}}, {properties: {b}}]}` → `{properties: {a, b}}`; parts that collide stay apart. */
function merged(schema: JsonObject): JsonObject {
  const { allOf, ...rest } = schema;
  if (!Array.isArray(allOf)) return schema;
  let whole: JsonObject = rest;
  for (const part of allOf) {
    const both = isObject(part) ? intersection(whole, part) : null;
    // Beside a reference only words may stand.
    if (both === null || (both["$ref"] !== undefined && !onlyWords(both))) return schema;
    whole = both;
  }
  return whole;
}

/** Keywords that only describe. When two schemas are merged the outer one's stay. */
const WORDS = new Set(["title", "description", "default", "examples"]);

function isWord(keyword: string): boolean {
  return WORDS.has(keyword) || keyword.startsWith("$");
}

function onlyWords({ $ref: _, ...rest }: JsonObject): boolean {
  return Object.keys(rest).every(isWord);
}

/** Both as one schema; null when they give one keyword different values. */
function intersection(whole: JsonObject, part: JsonObject): JsonObject | null {
  const both: JsonObject = { ...whole };
  for (const [keyword, value] of Object.entries(part)) {
    const before = whole[keyword];
    if (before === undefined) both[keyword] = value;
    else if (keyword === "required" && Array.isArray(before) && Array.isArray(value))
      both[keyword] = [...new Set([...before, ...value])];
    else if (keyword === "properties" && isObject(before) && isObject(value)) {
      if (Object.keys(value).some((name) => Object.hasOwn(before, name))) return null;
      both[keyword] = { ...before, ...value };
    } else if (!WORDS.has(keyword) && before !== value) return null;
  }
  return both;
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
