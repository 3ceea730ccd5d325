import { JsonTextError, type Span } from "./json-edit.ts";

/** The string that stands there in the text, its escapes resolved; undefined for a value of another kind. */
export function stringAt(text: string, { start, end }: Span): unknown {
  if (text[start] !== '"') return undefined;
  try {
    return JSON.parse(text.slice(start, end));
  } catch {
    throw new JsonTextError(`Invalid string at position ${start}.`);
  }
}
