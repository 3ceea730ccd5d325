import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";

/** What a JSON value is, when it is that; for reading providers and strangers alike. */

export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The objects of a list; none when it is no list. */
export function objectsIn(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A value below nested objects: `at(call, "extra_content", "google")`. */
export function at(value: unknown, ...path: string[]): unknown {
  let found = value;
  for (const key of path) found = isObject(found) ? found[key] : undefined;
  return found;
}

/** An optional number of a client's request; null counts as absent. Throws a 400 that names it. */
export function numberField(body: JsonObject, name: string, path = name): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw badRequest(`${path} must be a number.`, path, "invalid_type");
}

/** Like numberField, for whole numbers within bounds. */
export function integerField(
  body: JsonObject,
  name: string,
  { least, most, path = name }: { least: number; most: number; path?: string },
): number | undefined {
  const value = numberField(body, name, path);
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw badRequest(`${path} must be a whole number from ${least} to ${most}.`, path, "invalid_value");
}

/** An optional text of a client's request; null counts as absent. Throws a 400 that names it. */
export function textField(body: JsonObject, name: string, path = name): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw badRequest(`${path} must be a string.`, path, "invalid_type");
}

/** An optional flag of a client's request; null counts as absent. Throws a 400 that names it. */
export function flagField(body: JsonObject, name: string): boolean | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "boolean") return value;
  throw badRequest(`${name} must be true or false.`, name, "invalid_type");
}

/** An optional object of a client's request; null counts as absent. Throws a 400 that names it. */
export function objectField(body: JsonObject, name: string, path = name): JsonObject | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (isObject(value)) return value;
  throw badRequest(`${path} must be an object.`, path, "invalid_type");
}
