import { isObject, type JsonObject, tryParseJson } from "../json.ts";

/**
 * The arguments of a tool call in a client's history: `'{"a":1}'` → `{a: 1}`.
 * Servers and SDKs write "no arguments" as "", null or "null" too; undefined for what is no object.
 */
export function readCallArguments(given: unknown): JsonObject | undefined {
  if (given === undefined || given === null || (typeof given === "string" && given.trim() === "")) return {};
  const value = typeof given === "string" ? tryParseJson(given) : given;
  if (value === null) return {};
  return isObject(value) ? value : undefined;
}
