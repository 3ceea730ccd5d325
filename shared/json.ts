/** A JSON object of unknown content. */
export type JsonObject = Record<string, unknown>;

/** True for `{…}`: not for null, not for an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * An object that should be a Shape and comes from outside: its names are checked
 * against the shape that an SDK gives, its values are still unknown.
 */
export type Unchecked<Shape> = { readonly [Name in keyof Shape]?: unknown };

/** JSON.parse that answers undefined instead of throwing. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True for `application/json` and its kin (`application/vnd.api+json`), with parameters or without. */
export function isJsonContentType(contentType: string | null): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType ?? "");
}
