import { jsonObject, strictObject } from "@ai-proxy/shared/settings";
import * as v from "valibot";
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

/** An entry of UPSTREAMS. A null counts as absent where it has no meaning of its own. */
export const entrySchema = strictObject(
  {
    base_url: v.nullish(text, ""),
    key: v.nullish(v.nullable(secretName), null),
    key_header: v.nullish(headerName, "authorization"),
    headers: v.optional(headers, {}),
    models: v.optional(v.pipe(texts, v.record(v.string(), text)), {}),
    default_model: v.nullish(v.nullable(text), null),
    quirks: v.optional(quirksSchema, {}),
  },
  "is not a setting",
);
