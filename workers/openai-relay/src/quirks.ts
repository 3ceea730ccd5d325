import { notConfigured } from "@ai-proxy/shared/errors";
import { isObject } from "@ai-proxy/shared/json";

/** Where an OpenAI-compatible API differs from OpenAI's own; data of its UPSTREAMS entry. */
export interface Quirks {
  /**
   * Usage in streams. `ask`: the relay asks for it where the client does not. With the others
   * `stream_options` is refused or ignored, so the client's goes. `always`: usage comes unasked and
   * is left in. `never`: it does not come; tokens are estimated.
   */
  stream_usage: "ask" | "always" | "never";
  /**
   * `by_family`: max_tokens becomes max_completion_tokens for models that
   * refuse it (o-series, gpt-5 and later). `max_completion_tokens` and
   * `max_tokens`: always that name. `as_sent`: nothing is renamed.
   */
  token_limit: "as_sent" | "by_family" | "max_completion_tokens" | "max_tokens";
  /** Name of the role that instructs: chat templates of open models refuse `developer`, some servers `system`. */
  instruction_role: "as_sent" | "system" | "developer";
  /**
   * `text`: a `content` of a whole answer that is an object becomes its JSON text. Workers AI's
   * REST endpoint answers so when a JSON schema was asked for (recorded).
   */
  content: "as_sent" | "text";
  /**
   * `copy`: what the upstream calls `reasoning` also appears as `reasoning_content`, which in requests
   * becomes `reasoning` again: Groq and Cerebras refuse the other name ("property 'reasoning_content'
   * is unsupported"). `drop`: past reasoning is left out of requests: Mistral refuses it by any name
   * (422 extra_forbidden).
   */
  reasoning: "as_sent" | "copy" | "drop";
  /** `number`: tool calls of a stream that come without `index` are numbered. */
  tool_index: "as_sent" | "number";
  /**
   * `plain`: call ids of a conversation lose the thought signature that Gemini's may carry. `as_sent`:
   * they keep it, for a LiteLLM that has put it there itself (BerriAI/litellm pull request 16895).
   */
  call_ids: "plain" | "as_sent";
}

export const CHOICES: { readonly [Name in keyof Quirks]: readonly [Quirks[Name], ...Quirks[Name][]] } = {
  stream_usage: ["ask", "always", "never"],
  token_limit: ["as_sent", "by_family", "max_completion_tokens", "max_tokens"],
  instruction_role: ["as_sent", "system", "developer"],
  content: ["as_sent", "text"],
  reasoning: ["as_sent", "copy", "drop"],
  tool_index: ["as_sent", "number"],
  call_ids: ["plain", "as_sent"],
};

/** Quirks from an entry's `quirks`; the first choice of each is its default. Throws `not_configured`. */
export function readQuirks(at: string, value: unknown): Quirks {
  if (value !== undefined && !isObject(value)) throw notConfigured(`${at} must be an object.`);
  const given = value ?? {};
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(CHOICES, key));
  if (unknown !== undefined)
    throw notConfigured(`${at}.${unknown} is no quirk; there are ${Object.keys(CHOICES).join(", ")}.`);
  const read = <Name extends keyof Quirks>(name: Name): Quirks[Name] => {
    const choices = CHOICES[name];
    if (given[name] === undefined) return choices[0];
    const chosen = choices.find((choice) => choice === given[name]);
    if (chosen === undefined) throw notConfigured(`${at}.${name} must be one of ${choices.join(", ")}.`);
    return chosen;
  };
  return {
    stream_usage: read("stream_usage"),
    token_limit: read("token_limit"),
    instruction_role: read("instruction_role"),
    content: read("content"),
    reasoning: read("reasoning"),
    tool_index: read("tool_index"),
    call_ids: read("call_ids"),
  };
}
