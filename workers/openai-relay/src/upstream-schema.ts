import { jsonObject, strictObject } from "@ai-proxy/shared/settings";
import * as v from "valibot";
import { PRESETS } from "./presets.ts";
import { quirksSchema } from "./quirks.ts";

/** Headers that the relay sets itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "content-type",
  "content-length",
  "host",
  "connection",
  "cf-aig-authorization",
]);

const text = v.string("must be a string");
const texts = jsonObject("must be an object of strings");

const headerName = v.pipe(text, v.toLowerCase(), v.regex(/^[a-z0-9-]+$/, "must be a header name"));

const headers = v.pipe(
  texts,
  v.record(
    v.pipe(
      headerName,
      v.check((name) => !OWN_HEADERS.has(name), "is set by the relay itself"),
    ),
    v.pipe(text, v.regex(/^[\t -~]*$/, "must be printable ASCII")),
  ),
);

/** A key in its name's place must not get further: names stand in errors and in the log. */
const secretName = v.pipe(
  text,
  v.regex(
    /^[A-Z][A-Z0-9_]{0,63}$/,
    "must be the name of a secret, in capitals, such as GROQ_API_KEY; the key itself is its value",
  ),
);

/** The name of an entry of UPSTREAMS. */
export const nameSchema = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "is no name for an upstream: one is made of a-z, 0-9, - and _, at most 64"),
);

/** A field of requests: at the root, of messages, or of the tool calls in them. */
const fieldName = v.pipe(
  text,
  v.regex(
    /^(?:messages\[\]\.(?:tool_calls\[\]\.)?)?[\w-]+$/,
    "must be named as seed, messages[].name or messages[].tool_calls[].id are",
  ),
);

const fields = v.pipe(
  jsonObject("must be an object of strings and nulls"),
  v.record(fieldName, v.nullable(v.string("must be a string or null"))),
  v.check(
    (names) => Object.entries(names).every(([name, to]) => to === null || to === name || !name.includes("[]")),
    "can rename what stands at the root of a request; what is inside can only go (null)",
  ),
);

/** An entry of UPSTREAMS, put together with its preset: one that is still named is none. A null counts as absent where it has no meaning of its own. */
export const entrySchema = strictObject(
  {
    preset: v.optional(v.never(`must be one of ${Object.keys(PRESETS).join(", ")}`)),
    base_url: v.nullish(text, ""),
    key: v.nullish(v.nullable(secretName), null),
    key_header: v.nullish(headerName, "authorization"),
    headers: v.optional(headers, {}),
    models: v.optional(v.pipe(texts, v.record(v.string(), text)), {}),
    default_model: v.nullish(v.nullable(text), null),
    quirks: v.optional(quirksSchema, {}),
    fields: v.optional(fields, {}),
  },
  "is not a setting",
);
