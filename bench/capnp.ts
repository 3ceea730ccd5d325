/**
 * workerd's configuration as Cap'n Proto text: the little of it that the bench
 * writes. Schema: node_modules/workerd/workerd.capnp.
 */

/** A value of the configuration; `undefined` members are left out. */
export type Value = string | number | boolean | Raw | Value[] | { [field: string]: Value | undefined };

/** Text that is written as it is: an enum's name, `void`, an `embed`. */
class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A file's content; `path` absolute, or relative to the configuration. */
export function embed(path: string): Value {
  return new Raw(`embed ${quoted(path)}`);
}

/** A whole configuration file with one constant, `config`. */
export function configText(config: Value): string {
  return `using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = ${written(config)};\n`;
}

function written(value: Value): string {
  if (value instanceof Raw) return value.text;
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  const fields = Object.entries(value).flatMap(([name, field]) =>
    field === undefined ? [] : [`${name} = ${written(field)}`],
  );
  return `(${fields.join(", ")})`;
}

/** Cap'n Proto's strings have C's escapes, and so all of JSON's except \u. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t")}"`;
}
