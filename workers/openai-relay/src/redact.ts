import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { type Splice, spliced, stringsIn } from "./json-edit.ts";

/** Shorter ones are no secrets ("none", "EMPTY"), and their letters stand in many texts. */
const SHORTEST_SECRET = 8;

/** Escapes that a character of a key may be written with: PHP's `\/`, Gson's `\u003d`. */
const HIDING = /\\[u/"\\]/;

/** The text without these values: providers echo the key that they refuse. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= SHORTEST_SECRET && clean.includes(secret)) clean = clean.replaceAll(secret, "[redacted]");
  }
  return clean;
}

/** The same for a JSON text, which stays JSON: in its strings, however they are escaped, and in nothing else. */
export function redactJson(text: string, secrets: readonly string[]): string {
  if (!HIDING.test(text) && redact(text, secrets) === text) return text;
  const splices = stringsIn(text).flatMap(({ start, end }): Splice[] => {
    const json = text.slice(start, end);
    const value = json.includes("\\") ? String(tryParseJson(json)) : json.slice(1, -1);
    const clean = redact(value, secrets);
    return clean === value ? [] : [{ start, end, text: JSON.stringify(clean) }];
  });
  return spliced(text, splices);
}

/** The same for every text that an object holds, names included. */
export function redactObject(value: JsonObject, secrets: readonly string[]): JsonObject {
  const clean = tryParseJson(redactJson(JSON.stringify(value), secrets));
  return isObject(clean) ? clean : {};
}
