import { isObject } from "../shared/json.ts";

/**
 * The JSON schema that a chat's `response_format` or a response's `text.format`
 * asks for; `true` for JSON of any shape, undefined for text.
 *
 * @example
 * schemaOfFormat({ type: "json_schema", json_schema: { name: "a", schema: S } }) // → S, OpenAI's chats
 * schemaOfFormat({ type: "json_schema", name: "a", schema: S }) // → S, OpenAI's responses
 * schemaOfFormat({ type: "json_schema", json_schema: S }) // → S, Workers AI
 * schemaOfFormat({ type: "json_object", schema: S }) // → S, llama.cpp, Together, instructor
 * schemaOfFormat({ type: "json_object" }) // → true
 */
export function schemaOfFormat(format: unknown): unknown {
  if (!isObject(format) || (format["type"] !== "json_schema" && format["type"] !== "json_object")) return undefined;
  if (isObject(format["schema"])) return format["schema"];
  const envelope = format["json_schema"];
  if (!isObject(envelope)) return true;
  if (isObject(envelope["schema"])) return envelope["schema"];
  return "type" in envelope || "properties" in envelope || "$ref" in envelope || "anyOf" in envelope ? envelope : true;
}
