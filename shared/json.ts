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
