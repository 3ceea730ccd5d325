import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { Dialect } from "./dialect.ts";

/**
 * OpenAI's `response_format` for Workers AI; undefined for plain text. Workers AI
 * wants the bare schema where OpenAI has an envelope; the envelope's name and
 * description become the schema's title and description.
 * `{type: "json_schema", json_schema: {name: "city", schema: {type: "object"}}}`
 * → `{type: "json_schema", json_schema: {type: "object", title: "city"}}`
 * OpenAI-shaped models have the envelope in their schemas, and require its name; the
 * bare schema is what Cloudflare's own clients send them. One object is both:
 * → `{type: "json_schema", json_schema: {type: "object", title: "city", name: "city", schema: {type: "object"}}}`
 * A schema beside json_object, which instructor's JSON_SCHEMA mode sends, is as good:
 * `{type: "json_object", schema: {type: "object"}}` → `{type: "json_schema", json_schema: {type: "object"}}`
 * Sources: workers-ai/features/json-mode (2026-09); cloudflare/ai issue 559; ResponseFormatJSONSchema of workers-types.
 */
export function toWorkersAiResponseFormat(format: unknown, { schema: dialect }: Dialect): JsonObject | undefined {
  if (format === undefined || format === null) return undefined;
  const type = isObject(format) ? format["type"] : undefined;
  if (!isObject(format) || type === "text") return undefined;
  if (dialect === "catalog") return format;
  if (type === "json_object") return jsonObject(type, format["schema"], dialect);
  if (type !== "json_schema") {
    throw badRequest(
      'response_format.type must be "text", "json_object" or "json_schema".',
      "response_format.type",
      "invalid_value",
    );
  }
  const envelope = format["json_schema"];
  const schema = isObject(envelope) ? envelope["schema"] : undefined;
  if (!isObject(envelope) || !isObject(schema)) {
    throw badRequest(
      "response_format.json_schema must be an object with a name and a schema.",
      "response_format.json_schema.schema",
      "invalid_type",
    );
  }
  return jsonSchema(envelope, schema, dialect);
}

function jsonObject(type: "json_object", schema: unknown, dialect: "native" | "openai"): JsonObject {
  if (schema === undefined || schema === null) return { type };
  if (isObject(schema)) return jsonSchema({}, schema, dialect);
  throw badRequest("response_format.schema must be a JSON schema.", "response_format.schema", "invalid_type");
}

function jsonSchema(envelope: JsonObject, schema: JsonObject, dialect: "native" | "openai"): JsonObject {
  const named = titled(envelope);
  // What the schema itself says comes later, so it wins.
  const bare = { ...named, ...schema };
  if (dialect === "native") return { type: "json_schema", json_schema: bare };
  const { strict } = envelope;
  const both = { ...bare, name: named.title ?? "answer", schema };
  return { type: "json_schema", json_schema: typeof strict === "boolean" ? { ...both, strict } : both };
}

function titled({ name, description }: JsonObject): { title?: string; description?: string } {
  return {
    ...(typeof name === "string" && name !== "" && { title: name }),
    ...(typeof description === "string" && description !== "" && { description }),
  };
}
