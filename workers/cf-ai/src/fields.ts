import { badRequest } from "@ai-proxy/shared/errors";
import type { JsonObject } from "@ai-proxy/shared/json";
import type { ChatCompletionCreateParams } from "openai/resources/chat/completions";

/**
 * What becomes of a field of the request:
 * translated: it reaches the model in another form or place;
 * passed: it reaches the model as it is;
 * ignored: it has no meaning here, and leaving it out changes no answer's shape;
 * refused: a 400, unless its value asks for nothing.
 */
export type Fate = "translated" | "passed" | "ignored" | "refused";

export interface Field {
  native: Fate;
  openai: Fate;
  /** For the README: how, or why. */
  note: string;
}

const field = (native: Fate, note: string, openai: Fate = native): Field => ({ native, openai, note });

/** Every chat field of OpenAI's, and Workers AI's own. README.md prints this table; a test compares the two. */
export const CHAT_FIELDS: Readonly<Record<keyof ChatCompletionCreateParams, Field> & Record<string, Field>> = {
  messages: field("translated", 'text alone as a string, images as data: URIs, null content as ""'),
  model: field("translated", "the model that is run"),
  stream: field("translated", "`stream: true` in the inputs"),
  stream_options: field("translated", "usage is counted always; the chunk is sent when asked for"),
  max_completion_tokens: field(
    "translated",
    "`max_tokens`; without one, or with -1, the model's own limit; 0 is a 400",
  ),
  max_tokens: field("translated", "as max_completion_tokens; sent by both names to OpenAI-shaped models"),
  temperature: field("passed", ""),
  top_p: field("passed", ""),
  stop: field("translated", "passed on, and the answer is cut there in any case"),
  seed: field("translated", "folded into 1…9999999999, the range of the schema", "passed"),
  frequency_penalty: field("passed", ""),
  presence_penalty: field("passed", ""),
  tools: field("translated", "functions only; no description is sent where there is none"),
  tool_choice: field("translated", "`allowed_tools` as its mode over fewer tools"),
  parallel_tool_calls: field("ignored", "native models decide themselves", "passed"),
  response_format: field("translated", "the bare schema, titled with its name; `openai` also in its envelope"),
  reasoning_effort: field("translated", "the nearest level that the model has; none sent where it does not reason"),
  n: field("refused", "native models give one answer", "passed"),
  logprobs: field("refused", "native models give none", "passed"),
  top_logprobs: field("refused", "native models give none", "passed"),
  logit_bias: field("refused", "native models take none", "passed"),
  prompt_cache_key: field("translated", "the session affinity, in place of the session id"),
  user: field("ignored", "Workers AI knows no end users"),
  safety_identifier: field("ignored", "Workers AI knows no end users"),
  metadata: field("ignored", "nothing is stored"),
  store: field("ignored", "nothing is stored"),
  service_tier: field("ignored", "there is one tier"),
  prediction: field("ignored", "a hint for speed"),
  verbosity: field("ignored", "a hint of style that no model here has"),
  prompt_cache_retention: field("ignored", "the cache is the platform's own"),
  prompt_cache_options: field("ignored", "the cache is the platform's own"),
  modalities: field("refused", "text only"),
  audio: field("refused", "text only"),
  web_search_options: field("refused", "no model here searches"),
  moderation: field("refused", "no moderation here"),
  functions: field("translated", "as `tools`, their older form; the history too"),
  function_call: field("translated", "as `tool_choice`, its older form; the answer has `function_call`"),
  top_k: field("passed", "Workers AI's own"),
  min_p: field("passed", "Workers AI's own"),
  repetition_penalty: field("passed", "Workers AI's own"),
  guided_json: field("passed", "Workers AI's own"),
  lora: field("passed", "Workers AI's own"),
  chat_template_kwargs: field("passed", "Workers AI's own"),
  prompt: field("refused", "use /v1/completions"),
  requests: field("refused", "batches have no answer to wait for"),
  provider: field("ignored", "the gateway's own"),
  fallbacks: field("ignored", "the gateway's own"),
  routing: field("ignored", "the gateway's own"),
};

/** Fields that go to the model as they are, unknown ones too. Throws a 400 for what is refused. */
export function pickPassedFields(
  body: JsonObject,
  schema: "native" | "openai",
  fields: Readonly<Record<string, Field>> = CHAT_FIELDS,
): JsonObject {
  const passed: JsonObject = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined) continue;
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const fate = known?.[schema] ?? "passed";
    if (fate === "passed") passed[name] = value;
    else if (fate === "refused" && !asksForNothing(name, value)) throw refusal(name, known?.note ?? "");
  }
  return passed;
}

function asksForNothing(name: string, value: unknown): boolean {
  if (name === "n") return value === 1;
  if (name === "modalities") return Array.isArray(value) && value.every((one) => one === "text");
  if (Array.isArray(value)) return value.length === 0;
  return (
    value === false || value === 0 || (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}

function refusal(name: string, note: string): Error {
  return badRequest(`${name} is not supported by this model on Workers AI: ${note}.`, name, "unsupported_parameter");
}
