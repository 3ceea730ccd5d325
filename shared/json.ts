/** A JSON object of unknown content. */
export type JsonObject = Record<string, unknown>;

/** What is read as this shape: its names are checked against the provider's SDK, its values are still unknown. */
export type Unchecked<Shape> = { readonly [Name in keyof Shape]?: unknown };

/** True for `{…}`: not for null, not for an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON.parse that answers undefined instead of throwing. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
