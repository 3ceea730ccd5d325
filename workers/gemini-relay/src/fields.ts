import type { ChatCompletionCreateParams } from "openai/resources/chat/completions";

/**
 * Every field of OpenAI's chat request and what becomes of it here: the table
 * of the README, and what request.ts goes by.
 * - sent: reaches Gemini in its own terms;
 * - ignored: Gemini has nothing like it and the answer is good without it; the
 *   answer's header x-gateway-ignored names it;
 * - refused: leaving it out would change what was asked for, so it is a 400;
 * - ours: for the gateway or the relay.
 */
export interface FieldRule {
  becomes: "sent" | "ignored" | "refused" | "ours";
  /** For the README, and for the client when it is refused. */
  note: string;
  /** The value that Gemini acts by anyway: given, it is honoured. */
  fits?: unknown;
}

type OpenAIField = keyof ChatCompletionCreateParams;

const sent = (note: string): FieldRule => ({ becomes: "sent", note });
const ignored = (note: string, fits?: unknown): FieldRule => ({ becomes: "ignored", note, fits });
const refused = (note: string): FieldRule => ({ becomes: "refused", note });
const ours = (note: string): FieldRule => ({ becomes: "ours", note });

const OPENAI_FIELDS: Readonly<Record<OpenAIField, FieldRule>> = {
  messages: sent("`contents` and `systemInstruction`"),
  model: ours("the id in the URL"),
  audio: sent("`speechConfig` of a speech model; format pcm16 only; ignored where `modalities` do not name audio"),
  frequency_penalty: sent("`frequencyPenalty`; ignored by thinking models (2.5 and later), which refuse it"),
  function_call: sent("as `tool_choice`, its older form; the answer has `function_call`"),
  functions: sent("as `tools`, their older form; the history too (`function_call`, role function)"),
  logit_bias: refused("Gemini cannot weigh single tokens"),
  logprobs: sent("`responseLogprobs`, where the model has them"),
  max_completion_tokens: sent("`maxOutputTokens`; -1 is no limit, 0 a 400"),
  max_tokens: sent("as max_completion_tokens, unless that is given"),
  metadata: ignored("OpenAI stores it with the answer; Gemini does not"),
  modalities: sent("`responseModalities`; audio from speech models only"),
  moderation: refused("Gemini has no moderation beside an answer; see safety_settings in extra_body.google"),
  n: sent("`candidateCount`, up to 8, where the model has it"),
  parallel_tool_calls: ignored("Gemini cannot be held to one call at a time; true is what it does anyway", true),
  prediction: ignored("it only speeds OpenAI up"),
  presence_penalty: sent("`presencePenalty`; ignored by thinking models (2.5 and later), which refuse it"),
  prompt_cache_key: ignored("Gemini caches by prefix on its own; see cached_content in extra_body.google"),
  prompt_cache_options: ignored("as prompt_cache_key"),
  prompt_cache_retention: ignored("as prompt_cache_key"),
  reasoning_effort: sent(
    "`thinkingConfig`: a budget on 2.5, a level on 3 and later; ignored by models that do not think",
  ),
  response_format: sent("`responseMimeType` and `responseJsonSchema`"),
  safety_identifier: ignored("Gemini does not take end users' ids"),
  seed: sent("`seed`, folded to 32 bits"),
  service_tier: sent("`serviceTier`: default is standard; flex, priority; scale and fast are ignored"),
  stop: sent("`stopSequences`, up to 5"),
  store: sent("`store`"),
  stream: ours("streamGenerateContent"),
  stream_options: ours("include_usage: a last chunk with usage"),
  temperature: sent("`temperature` (3.6 Flash and later ignore it)"),
  tool_choice: sent("`functionCallingConfig`: none, auto, required, validated, by name, allowed_tools"),
  tools: sent("`functionDeclarations` with `parametersJsonSchema`; custom tools are a 400; strict is Gemini's own way"),
  top_logprobs: sent("`logprobs`"),
  top_p: sent("`topP` (3.6 Flash and later ignore it)"),
  user: ignored("as safety_identifier"),
  verbosity: ignored("Gemini has no such control: say it in a system message"),
  web_search_options: sent("the `googleSearch` tool; its details are Google's"),
};

/** Fields that other APIs have made common, Google's own, and the gateway's. */
const FURTHER_FIELDS: Readonly<Record<string, FieldRule>> = {
  top_k: sent("`topK` (3.6 Flash and later ignore it)"),
  google: sent("Google's own options, as in extra_body.google"),
  extra_body: sent("`extra_body.google`: what OpenAI has no field for"),
  provider: ours("chooses the provider"),
  fallbacks: ours("for the gateway's routing"),
  routing: ours("for the gateway's routing"),
};

export const CHAT_FIELDS: ReadonlyMap<string, FieldRule> = new Map(
  Object.entries({ ...OPENAI_FIELDS, ...FURTHER_FIELDS }),
);

/** What becomes of a field that the table does not know. */
export const UNKNOWN_FIELD = ignored("a field that is not in this table");
