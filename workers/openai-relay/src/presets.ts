import { isObject, type JsonObject } from "@ai-proxy/shared/json";

/** An entry of UPSTREAMS that stands ready: README.md prints the table, a test compares the two. */
export interface Preset {
  /** Where the vendor documents it. */
  source: string;
  /** Absent where each owner has another: `address` is what it looks like. */
  base_url?: string;
  address?: string;
  /** Name of the secret; absent for a server that wants none. */
  key?: string;
  key_header?: string;
  default_model?: string;
  quirks?: Readonly<Record<string, string>>;
  fields?: Readonly<Record<string, string | null>>;
}

/**
 * What answers have and closed schemas do not take back: "property 'annotations' is unsupported" (Groq, of `refusal`
 * too), "Extra inputs are not permitted" (Mistral). `extra_content` has Gemini's signatures.
 */
const ANSWERS_OWN = {
  "messages[].refusal": null,
  "messages[].annotations": null,
  "messages[].audio": null,
  "messages[].images": null,
  "messages[].function_call": null,
  "messages[].extra_content": null,
  "messages[].tool_calls[].extra_content": null,
};

/** OpenAI's hints and bookkeeping that the closed schemas here have no field for; the answer is good without them. */
const OPENAIS_OWN = {
  safety_identifier: null,
  verbosity: null,
  modalities: null,
  prompt_cache_options: null,
  prompt_cache_retention: null,
};

/** Of those that may know only max_tokens and the role system. */
const OLDER_NAMES = { token_limit: "max_tokens", instruction_role: "system" };

export const PRESETS: Readonly<Record<string, Preset>> = {
  azure: {
    source: "learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle",
    address: "https://RESOURCE.openai.azure.com/openai/v1",
    key: "AZURE_OPENAI_API_KEY",
    key_header: "api-key",
    quirks: { token_limit: "by_family" },
  },
  groq: {
    source: "console.groq.com/docs/api-reference",
    base_url: "https://api.groq.com/openai/v1",
    key: "GROQ_API_KEY",
    quirks: { reasoning: "copy" },
    fields: { ...OPENAIS_OWN, logit_bias: null, prompt_cache_key: null, prediction: null, ...ANSWERS_OWN },
  },
  cerebras: {
    // `metadata` and `store`: livekit/agents issue 1274.
    source: "inference-docs.cerebras.ai/api-reference/chat-completions",
    base_url: "https://api.cerebras.ai/v1",
    key: "CEREBRAS_API_KEY",
    quirks: { reasoning: "copy" },
    fields: { store: null, metadata: null, ...OPENAIS_OWN, ...ANSWERS_OWN },
  },
  openrouter: {
    source: "openrouter.ai/docs/api-reference/overview",
    base_url: "https://openrouter.ai/api/v1",
    key: "OPENROUTER_API_KEY",
    quirks: { reasoning: "copy" },
  },
  together: {
    source: "docs.together.ai/docs/openai-api-compatibility",
    base_url: "https://api.together.xyz/v1",
    key: "TOGETHER_API_KEY",
    quirks: { ...OLDER_NAMES, reasoning: "copy" },
  },
  fireworks: {
    source: "docs.fireworks.ai/tools-sdks/openai-compatibility",
    base_url: "https://api.fireworks.ai/inference/v1",
    key: "FIREWORKS_API_KEY",
  },
  deepseek: {
    source: "api-docs.deepseek.com",
    base_url: "https://api.deepseek.com/v1",
    key: "DEEPSEEK_API_KEY",
    default_model: "deepseek-flash",
    quirks: OLDER_NAMES,
  },
  mistral: {
    // The fields that there are: mistralai/client-python src/mistralai/client/models/chatcompletionrequest.py, assistantmessage.py
    // and embeddingrequest.py. `metadata` is among them, and was refused (OpenHands/OpenHands issue 11699).
    source: "docs.mistral.ai/api",
    base_url: "https://api.mistral.ai/v1",
    key: "MISTRAL_API_KEY",
    quirks: { ...OLDER_NAMES, stream_usage: "always", content: "parts", reasoning: "drop" },
    fields: {
      seed: "random_seed",
      dimensions: "output_dimension",
      store: null,
      metadata: null,
      user: null,
      service_tier: null,
      logit_bias: null,
      ...OPENAIS_OWN,
      // It takes names of tools alone: BerriAI/litellm llms/mistral/chat/transformation.py.
      "messages[].name": null,
      ...ANSWERS_OWN,
    },
  },
  moonshot: {
    source: "platform.moonshot.ai/docs/api/chat",
    base_url: "https://api.moonshot.ai/v1",
    key: "MOONSHOT_API_KEY",
  },
  xai: { source: "docs.x.ai/docs/api-reference", base_url: "https://api.x.ai/v1", key: "XAI_API_KEY" },
  vllm: {
    source: "docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
    address: "https://vllm.example.com/v1",
    key: "VLLM_API_KEY",
    quirks: { reasoning: "copy", instruction_role: "system" },
  },
  ollama: {
    source: "docs.ollama.com/api/openai-compatibility",
    base_url: "http://localhost:11434/v1",
    quirks: { ...OLDER_NAMES, reasoning: "copy" },
  },
  llamacpp: {
    source: "github.com/ggml-org/llama.cpp/tree/master/tools/server",
    base_url: "http://localhost:8080/v1",
    quirks: OLDER_NAMES,
  },
  lmstudio: {
    source: "lmstudio.ai/docs/developer/openai-compat",
    base_url: "http://localhost:1234/v1",
    quirks: { ...OLDER_NAMES, reasoning: "copy" },
  },
  "workers-ai-rest": {
    source: "developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility",
    address: "https://api.cloudflare.com/client/v4/accounts/ACCOUNT_ID/ai/v1",
    key: "CLOUDFLARE_API_TOKEN",
    quirks: { ...OLDER_NAMES, content: "text" },
  },
  "ai-gateway": {
    source: "developers.cloudflare.com/ai-gateway/usage/providers/openai",
    address: "https://gateway.ai.cloudflare.com/v1/ACCOUNT_ID/GATEWAY/openai",
    key: "OPENAI_API_KEY",
    quirks: { token_limit: "by_family" },
  },
};

/** Members of an entry that are put together with the preset's, name by name. */
const MERGED = ["quirks", "fields"] as const;

/** The preset of an entry: the one it names, else the one of its own name where it has no address. */
export function presetOf(name: string, entry: JsonObject): Preset | undefined {
  const named = entry["preset"] ?? ((entry["base_url"] ?? null) === null ? name : null);
  return typeof named === "string" && Object.hasOwn(PRESETS, named) ? PRESETS[named] : undefined;
}

/**
 * An entry of UPSTREAMS with what its preset sets, and without `preset`; unchanged where there is no such preset.
 * The entry's own fields replace the preset's; its quirks and fields are put together with them.
 * `groq`: {"models": {"fast": "llama-3.3-70b"}} → {"base_url": "https://api.groq.com/openai/v1", "key": "GROQ_API_KEY", …}
 */
export function withPreset(name: string, entry: JsonObject): JsonObject {
  const preset = presetOf(name, entry);
  if (preset === undefined) return entry;
  const { source: _, address: __, ...defaults } = preset;
  const { preset: ___, ...own } = entry;
  const merged: JsonObject = { ...defaults, ...own };
  for (const member of MERGED) {
    const [before, after] = [defaults[member], own[member]];
    if (before !== undefined && isObject(after)) merged[member] = { ...before, ...after };
  }
  return merged;
}
