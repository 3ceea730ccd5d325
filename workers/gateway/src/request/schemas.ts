import { type ApiError, badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import * as v from "valibot";

// Our own fields, and the types that every provider has in common, are checked
// here. Ranges are the provider's: llama.cpp takes max_tokens -1 (no limit),
// vLLM takes 0 and embeddings in "bytes".

const optional = <Schema extends v.GenericSchema>(schema: Schema) => v.optional(v.nullable(schema));

const text = v.pipe(v.string("must be a string"), v.nonEmpty("must not be empty"));
/** A name goes into headers and into a record. */
const name = v.pipe(
  text,
  v.maxLength(256, "must have at most 256 characters"),
  v.regex(/^[^\p{Cc}\p{Cs}]*$/u, "must not hold control characters"),
);
const flag = v.boolean("must be true or false");
const number = v.number("must be a number");
const count = v.pipe(number, v.integer("must be a whole number"), v.minValue(1, "must be at least 1"));
/** valibot's own objects take lists too. */
export const object = (message = "must be an object") => v.custom<JsonObject>(isObject, message);

const milliseconds = v.pipe(
  number,
  v.integer("must be a whole number of milliseconds"),
  v.minValue(1, "must be at least 1"),
  v.maxValue(3_600_000, "must be at most 3600000"),
);

const target = v.pipe(
  object('must be "provider/model" or {"provider": …, "model": …}'),
  v.strictObject({ provider: name, model: optional(name) }),
);
/** Not a union, whose error would not name the part at fault. */
const fallback = v.lazy((input) => (typeof input === "string" ? name : target));

/** What `routing` may hold. */
export const routingFields = {
  max_attempts: optional(v.pipe(count, v.maxValue(10, "must be at most 10"))),
  timeout_ms: optional(milliseconds),
  first_byte_timeout_ms: optional(milliseconds),
  hedge_after_ms: optional(milliseconds),
};

/** The fields that routing reads: every endpoint takes them. */
const routed = {
  model: optional(name),
  provider: optional(name),
  fallbacks: optional(v.pipe(v.array(fallback, "must be a list"), v.maxLength(5, "must name at most 5 targets"))),
  routing: optional(
    v.pipe(
      object("must be an object with max_attempts, timeout_ms, first_byte_timeout_ms or hedge_after_ms"),
      v.strictObject(routingFields),
    ),
  ),
};

const sampled = {
  stream: optional(flag),
  stream_options: optional(v.pipe(object(), v.looseObject({ include_usage: optional(flag) }))),
  max_tokens: optional(number),
  n: optional(number),
  temperature: optional(number),
  top_p: optional(number),
  presence_penalty: optional(number),
  frequency_penalty: optional(number),
  seed: optional(number),
  stop: optional(v.union([v.string(), v.array(v.string("must be a string"))], "must be a string or a list of strings")),
};

const content = v.string("must be a string or a list of parts");
const parts = v.array(object("must be an object with a type"));

const message = v.pipe(
  object("must be an object with a role"),
  v.looseObject({
    role: text,
    content: optional(v.lazy((input) => (Array.isArray(input) ? parts : content))),
    tool_calls: optional(v.array(object(), "must be a list")),
  }),
);

const chat = v.looseObject({
  ...routed,
  ...sampled,
  messages: v.pipe(v.array(message, "must be a list of messages"), v.nonEmpty("must hold at least one message")),
  max_completion_tokens: optional(number),
  tools: optional(v.array(object("must be an object with a type"), "must be a list")),
  tool_choice: optional(v.union([v.string(), object()], "must be a string or an object")),
  parallel_tool_calls: optional(flag),
  response_format: optional(v.pipe(object("must be an object with a type"), v.looseObject({ type: text }))),
  // Together AI has completions' form of it, how many.
  logprobs: optional(v.union([flag, number], "must be true or false")),
});

/** One text, several, or token ids in the same forms. */
const texts = v.union(
  [v.string(), v.array(v.string()), v.array(number), v.array(v.array(number))],
  "must be a string or a list of strings",
);

const completion = v.looseObject({
  ...routed,
  ...sampled,
  prompt: optional(texts),
  echo: optional(flag),
});

const embedding = v.looseObject({
  ...routed,
  // Multimodal upstreams take objects: Jina AI's `{"image": "https://…"}`.
  input: v.pipe(
    v.union([texts, v.array(object())], "must be a string or a list of strings"),
    v.check((input) => input.length > 0, "must not be empty"),
  ),
  encoding_format: optional(text),
  dimensions: optional(number),
});

/** A text, several, or texts and images as parts. */
const moderation = v.looseObject({
  ...routed,
  input: v.union([v.string(), v.array(v.union([v.string(), object()]))], "must be a string or a list"),
});

/** Anything that only needs a route. */
const routable = v.looseObject(routed);

const schemas = { chat, completion, embedding, moderation, routable };

export type Routed = v.InferOutput<typeof routable>;
export type RoutingWish = NonNullable<Routed["routing"]>;
export type SchemaName = keyof typeof schemas;
export type Validated<Kind extends keyof typeof schemas> = v.InferOutput<(typeof schemas)[Kind]>;

/** The body with its known fields typed. Throws a 400 that names the first field at fault. */
export function validate<Kind extends keyof typeof schemas>(kind: Kind, body: JsonObject): Validated<Kind> {
  const result = v.safeParse(schemas[kind], body, { abortEarly: true });
  if (result.success) return result.output as Validated<Kind>;
  throw fieldError(result.issues[0]);
}

function fieldError(issue: v.BaseIssue<unknown>): ApiError {
  const param = paramOf(issue.path ?? []);
  if (issue.type === "strict_object" && issue.expected === "never")
    return badRequest(`${param} is not known.`, param, "unknown_parameter");
  if (issue.received === "undefined") return badRequest(`${param} is missing.`, param, "missing_required_parameter");
  const wrongType = issue.kind === "schema" && issue.type !== "picklist";
  return badRequest(`${param} ${issue.message}.`, param, wrongType ? "invalid_type" : "invalid_value");
}

/** [messages, 0, role] → "messages[0].role" */
function paramOf(path: readonly { key?: unknown }[]): string {
  return path
    .map(({ key }) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}
