import { isObject } from "@ai-proxy/shared/json";

/**
 * What a model gives as text, as text. JSON mode gives objects, and a bare number
 * comes as a number: {a: 1} → '{"a":1}', 42 → "42"; null and absent → null.
 */
export function modelText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (isPartList(value)) return value.map((part) => part.text).join("");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isPartList(value: unknown): value is { text: string }[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((part) => isObject(part) && part["type"] === "text" && typeof part["text"] === "string")
  );
}
