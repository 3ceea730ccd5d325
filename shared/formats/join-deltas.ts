import { isObject, type JsonObject } from "../json.ts";

/** Members whose text is repeated from chunk to chunk and does not go on. */
const REPEATED: ReadonlySet<string> = new Set(["id", "type", "role", "name", "index", "format", "finish_reason"]);

/**
 * The members of a delta, and those of the next one of the same choice, as one: texts go on, lists go on (what has an
 * `index` in the place of that index), nulls say nothing, and of all else the last counts.
 * `{"function_call":{"name":"f","arguments":"{"}}` and `{"function_call":{"arguments":"}"}}`
 * → `{"function_call":{"name":"f","arguments":"{}"}}`
 */
export function joinDeltas(before: JsonObject, after: JsonObject): JsonObject {
  const joined = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(after)) joined.set(name, joinValues(name, joined.get(name), value));
  return Object.fromEntries(joined);
}

function joinValues(name: string, before: unknown, after: unknown): unknown {
  if (before === undefined || before === null) return after;
  if (after === undefined || after === null) return before;
  if (typeof before === "string" && typeof after === "string") return REPEATED.has(name) ? after : before + after;
  if (Array.isArray(before) && Array.isArray(after)) return joinLists(before, after);
  return isObject(before) && isObject(after) ? joinDeltas(before, after) : after;
}

function joinLists(before: readonly unknown[], after: readonly unknown[]): unknown[] {
  const joined = [...before];
  for (const item of after) {
    const index = isObject(item) ? item["index"] : undefined;
    const at = index === undefined ? -1 : joined.findIndex((other) => isObject(other) && other["index"] === index);
    const other = joined[at];
    if (isObject(other) && isObject(item)) joined[at] = joinDeltas(other, item);
    else joined.push(item);
  }
  return joined;
}
