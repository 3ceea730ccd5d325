import { readSetting, strictObject } from "@ai-proxy/shared/settings";
import * as v from "valibot";

/** Where an OpenAI-compatible API differs from OpenAI's own; data of its UPSTREAMS entry. */
export const QUIRKS = {
  /**
   * Usage in streams. `ask`: the relay asks for it where the client does not. With the others
   * `stream_options` is refused or ignored, so the client's goes. `always`: usage comes unasked and
   * is left in. `never`: it does not come; tokens are estimated.
   */
  stream_usage: choice("ask", "always", "never"),
  /**
   * `by_family`: max_tokens becomes max_completion_tokens for models that
   * refuse it (o-series, gpt-5 and later). `max_completion_tokens` and
   * `max_tokens`: always that name. `as_sent`: nothing is renamed.
   */
  token_limit: choice("as_sent", "by_family", "max_completion_tokens", "max_tokens"),
  /** Name of the role that instructs: chat templates of open models refuse `developer`, some servers `system`. */
  instruction_role: choice("as_sent", "system", "developer"),
  /**
   * `text`: a `content` of a whole answer that is an object becomes its JSON text, for Workers AI's
   * REST endpoint when a JSON schema was asked for: test/fixtures/workers-ai-json-schema.json.
   * `parts`: a `content` that is a list, whole or streamed, becomes the text of its text parts, and that of its
   * thinking parts `reasoning_content` (docs.mistral.ai/capabilities/reasoning).
   */
  content: choice("as_sent", "text", "parts"),
  /**
   * `copy`: what the upstream calls `reasoning` also appears as `reasoning_content`, which in requests
   * becomes `reasoning` again: Groq and Cerebras refuse the other name ("property 'reasoning_content'
   * is unsupported"). `drop`: past reasoning is left out of requests: Mistral refuses it by any name
   * (422 extra_forbidden).
   */
  reasoning: choice("as_sent", "copy", "drop"),
  /** `number`: tool calls of a stream that come without `index` are numbered. */
  tool_index: choice("as_sent", "number"),
  /**
   * `plain`: tool call ids of a conversation lose the thought signature that Gemini's may carry. `as_sent`:
   * they keep it, for a LiteLLM that has put it there itself (BerriAI/litellm pull request 16895).
   */
  call_ids: choice("plain", "as_sent"),
};

export const quirksSchema = strictObject(QUIRKS, "is no quirk");

export type Quirks = v.InferOutput<typeof quirksSchema>;

/** Quirks from an entry's `quirks`; the first choice of each is its default. Throws `not_configured`. */
export function readQuirks(at: string, value: unknown): Quirks {
  return readSetting(at, quirksSchema, value);
}

/** One of these words; the first when there is none. */
function choice<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return v.optional(v.picklist(words, `must be one of ${words.join(", ")}`), () => words[0]);
}
