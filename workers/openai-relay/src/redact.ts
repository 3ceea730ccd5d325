import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";

/** Shorter ones are no secrets ("none", "EMPTY"), and their letters stand in many texts. */
const SHORTEST_SECRET = 8;

/** The text without these values: providers echo the key that they refuse. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= SHORTEST_SECRET && clean.includes(secret)) clean = clean.replaceAll(secret, "[redacted]");
  }
  return clean;
}

/** The same for every text that an object holds. */
export function redactObject(value: JsonObject, secrets: readonly string[]): JsonObject {
  const inJson = secrets.map((secret) => JSON.stringify(secret).slice(1, -1));
  const clean = tryParseJson(redact(JSON.stringify(value), inJson));
  return isObject(clean) ? clean : {};
}
