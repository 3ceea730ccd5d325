import * as v from "valibot";
import { notConfigured } from "./errors.ts";
import { isObject, type JsonObject } from "./json.ts";

/**
 * A Worker's setting, checked by its schema. Throws a 503 `not_configured` that names the field at fault.
 * The schema's messages go on from that name ("must be a string"): valibot's own would repeat the value, which may be a key.
 */
export function readSetting<const Schema extends v.GenericSchema>(
  name: string,
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw notConfigured(`${path === null ? name : `${name}.${path}`} ${issue.message}.`);
}

/** An object with these fields and no others. `unknown` says what another field is: "is not a setting". */
export function strictObject<const Entries extends v.ObjectEntries>(entries: Entries, unknown: string) {
  const fields = Object.keys(entries).join(", ");
  return v.pipe(jsonObject("must be an object"), v.strictObject(entries, `${unknown}; there are ${fields}`));
}

/** valibot's objects take lists too; a JSON object is none. */
export function jsonObject(message: string) {
  return v.custom<JsonObject>(isObject, message);
}
