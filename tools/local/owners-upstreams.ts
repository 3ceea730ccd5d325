import { isObject, type JsonObject, tryParseJson } from "../../shared/json.ts";
import { withPreset } from "../../workers/openai-relay/src/presets.ts";

/**
 * The owner's UPSTREAMS (JSON text, or the object that a JSON var is) for a mesh
 * without --live: the same names, models and quirks, since routing may name
 * them, but all answered by the stand-in at `baseUrl`, without keys or headers.
 * What cannot be read is null: the relay says the same of both, and a .dev.vars
 * of ours could not hold every text.
 */
export function answeredOffline(upstreams: unknown, baseUrl: string): string {
  if (upstreams === undefined || upstreams === "") return "";
  const parsed = typeof upstreams === "string" ? tryParseJson(upstreams) : upstreams;
  if (!isObject(parsed)) return "null";
  const entries = Object.entries(parsed).map(([name, entry]) => [
    name,
    isObject(entry) ? offline(withPreset(name, entry)) : entry,
  ]);
  return JSON.stringify(Object.fromEntries(entries));

  function offline({ key: _, key_header: __, headers: ___, ...entry }: JsonObject): JsonObject {
    return { ...entry, base_url: baseUrl };
  }
}
