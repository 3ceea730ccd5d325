import { isObject, type JsonObject } from "@ai-proxy/shared/json";

/**
 * The message that a client makes of deltas when it knows none of their
 * members, as openai-python's stream() does: texts are glued and numbers added,
 * except `index` and `type`; lists are merged by the `index` of their entries.
 */
export function accumulate(deltas: readonly JsonObject[]): JsonObject {
  return deltas.reduce<JsonObject>(merge, {});
}

function merge(before: JsonObject, delta: JsonObject): JsonObject {
  const merged = { ...before };
  for (const [key, value] of Object.entries(delta)) merged[key] = join(key, merged[key] ?? null, value);
  return merged;
}

function join(key: string, before: unknown, value: unknown): unknown {
  if (Array.isArray(value) && value.some((entry) => isObject(entry) && "index" in entry)) {
    return mergeLists(Array.isArray(before) ? before : [], value);
  }
  if (before === null || key === "index" || key === "type") return value;
  if (typeof before === "string" && typeof value === "string") return before + value;
  if (typeof before === "number" && typeof value === "number") return before + value;
  if (isObject(before) && isObject(value)) return merge(before, value);
  if (Array.isArray(before) && Array.isArray(value)) return mergeLists(before, value);
  return before;
}

function mergeLists(before: readonly unknown[], entries: readonly unknown[]): unknown[] {
  const merged = [...before];
  for (const entry of entries) {
    const index = isObject(entry) ? entry["index"] : undefined;
    if (!isObject(entry) || typeof index !== "number") throw new Error("an entry of a list without an index");
    const known = merged[index];
    merged[index] = isObject(known) ? merge(known, entry) : entry;
  }
  return merged;
}
