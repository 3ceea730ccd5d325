import type { Feature, ModelEntry, ProviderEntry } from "./model.ts";

// Which models there are: AiModels of @cloudflare/workers-types 5.20261117.1, and the chat models that only the docs have. Their figures:
/** cloudflare-docs src/content/workers-ai-models, a copy of the given month; reasoning levels from workers-types. */
const DOCS_2026 = "developers.cloudflare.com/workers-ai/models, 2026-10";
const DOCS_2025 = "developers.cloudflare.com/workers-ai/models, 2025-12";
/** anomalyco/models.dev cloudflare-workers-ai, which reads the same pages and adds output limits. */
const MODELS_DEV = "developers.cloudflare.com/workers-ai/models by way of models.dev, 2026-07";
/** Its page says no figures, or could not be had. */
const TYPES_ONLY = "@cloudflare/workers-types 5.20261117.1";

/** Models with Workers AI's own schema (`prompt` or `messages`). An answer may be as long as the window has room. */
const NATIVE: readonly Feature[] = ["streaming", "prompt"];
const NATIVE_TOOLS: readonly Feature[] = [...NATIVE, "tools"];
const NATIVE_JSON: readonly Feature[] = [...NATIVE, "json_object", "json_schema"];
/** Models with the schema of chat completions, which all take these. */
const OPENAI: readonly Feature[] = ["streaming", "tools", "json_object", "json_schema", "logprobs"];
const REASONING: readonly Feature[] = [...OPENAI, "reasoning"];

type Figures = Partial<Omit<ModelEntry, "id" | "features">>;

function chat(id: string, features: readonly Feature[], figures: Figures): ModelEntry {
  return { id, type: "chat", input: ["text"], output: ["text"], features, source: TYPES_ONLY, ...figures };
}

/** Window and output limit in one: nothing but the window limits an answer. */
function window(tokens: number): Pick<ModelEntry, "contextWindow" | "maxOutputTokens"> {
  return { contextWindow: tokens, maxOutputTokens: tokens };
}

function price(input: number, output: number, cachedInput?: number): Pick<ModelEntry, "price"> {
  return { price: { input, output, ...(cachedInput !== undefined && { cachedInput }) } };
}

const VISION = { input: ["text", "image"] } as const;

const llama: readonly ModelEntry[] = [
  chat("@cf/meta/llama-4-scout-17b-16e-instruct", [...NATIVE_TOOLS, "json_object", "json_schema"], {
    ...window(131_000),
    ...VISION,
    ...price(0.27, 0.85),
    created: 1_743_884_756,
    source: DOCS_2026,
  }),
  chat("@cf/meta/llama-3.3-70b-instruct-fp8-fast", [...NATIVE_TOOLS, "json_object", "json_schema"], {
    ...window(24_000),
    ...price(0.293, 2.253),
    source: MODELS_DEV,
  }),
  chat("@cf/meta/llama-3.2-11b-vision-instruct", NATIVE, {
    ...window(128_000),
    ...VISION,
    ...price(0.0485, 0.676),
    source: MODELS_DEV,
  }),
  chat("@cf/meta/llama-3.2-3b-instruct", NATIVE, { ...window(80_000), ...price(0.0509, 0.335), source: MODELS_DEV }),
  chat("@cf/meta/llama-3.2-1b-instruct", NATIVE, { ...window(60_000), ...price(0.027, 0.201), source: MODELS_DEV }),
  chat("@cf/meta/llama-3.1-70b-instruct", NATIVE, { ...window(24_000), source: DOCS_2025 }),
  chat("@cf/meta/llama-3.1-8b-instruct-fast", NATIVE, { ...window(128_000), source: DOCS_2025 }),
  chat("@cf/meta/llama-3.1-8b-instruct-fp8", NATIVE, {
    ...window(32_000),
    ...price(0.152, 0.287),
    source: MODELS_DEV,
  }),
  chat("@cf/meta/llama-3.1-8b-instruct-awq", NATIVE, { ...window(8_192), ...price(0.123, 0.266), source: DOCS_2025 }),
  chat("@cf/meta/llama-3.1-8b-instruct", NATIVE_JSON, { ...window(7_968), ...price(0.282, 0.827), source: DOCS_2025 }),
  chat("@cf/meta/llama-3-8b-instruct", NATIVE_JSON, { ...window(7_968), ...price(0.282, 0.827), source: DOCS_2025 }),
  chat("@cf/meta/llama-3-8b-instruct-awq", NATIVE, { ...window(8_192), ...price(0.123, 0.266), source: DOCS_2025 }),
  chat("@cf/meta/llama-2-7b-chat-fp16", NATIVE, { ...window(4_096), ...price(0.556, 6.667), source: DOCS_2025 }),
  chat("@cf/meta/llama-2-7b-chat-int8", NATIVE, { ...window(8_192), source: DOCS_2025 }),
  chat("@cf/meta-llama/llama-2-7b-chat-hf-lora", NATIVE, { ...window(8_192), source: DOCS_2025 }),
  chat("@hf/thebloke/llama-2-13b-chat-awq", NATIVE, { ...window(4_096), source: DOCS_2025 }),
  {
    ...chat("@cf/meta/llama-guard-3-8b", [], { ...window(131_072), ...price(0.484, 0.03), source: MODELS_DEV }),
    type: "moderation",
  },
];

const reasoning: readonly ModelEntry[] = [
  chat("@cf/openai/gpt-oss-120b", REASONING, {
    contextWindow: 128_000,
    maxOutputTokens: 16_384,
    ...price(0.35, 0.75),
    reasoningEfforts: ["low", "medium", "high"],
    source: MODELS_DEV,
  }),
  chat("@cf/openai/gpt-oss-20b", REASONING, {
    contextWindow: 128_000,
    maxOutputTokens: 16_384,
    ...price(0.2, 0.3),
    created: 1_754_390_993,
    reasoningEfforts: ["low", "medium", "high"],
    source: MODELS_DEV,
  }),
  chat("@cf/zai-org/glm-5.3", REASONING, {
    contextWindow: 1_310_720,
    ...price(1.4, 4.4, 0.26),
    created: 1_786_709_252,
    reasoningEfforts: ["low", "high", "max"],
    source: DOCS_2026,
  }),
  chat("@cf/zai-org/glm-5.3-flash", REASONING, {
    contextWindow: 1_310_720,
    ...VISION,
    ...price(0.15, 0.5, 0.03),
    created: 1_787_754_102,
    reasoningEfforts: ["low", "high", "max"],
    source: DOCS_2026,
  }),
  chat("@cf/zai-org/glm-5.2", REASONING, {
    // What the API itself says, against 262,144 on its page: anomalyco/models.dev pull request 4422.
    ...window(256_000),
    ...price(1.4, 4.4, 0.26),
    reasoningEfforts: ["none", "high", "max"],
    source: "models.dev 4422, 2026-08",
  }),
  chat("@cf/zai-org/glm-4.7-flash", REASONING, {
    ...window(131_072),
    ...price(0.0605, 0.4),
    reasoningEfforts: [],
    source: MODELS_DEV,
  }),
  chat("@cf/deepseek-ai/deepseek-v4-flash-0731", REASONING, {
    contextWindow: 1_048_576,
    ...price(0.44, 1.32, 0.014),
    created: 1_785_507_043,
    reasoningEfforts: ["none", "low", "high", "max"],
    source: DOCS_2026,
  }),
  chat("@cf/deepseek-ai/deepseek-v4-pro-0813", REASONING, {
    contextWindow: 1_048_576,
    ...price(1.32, 3.96, 0.044),
    created: 1_786_641_308,
    reasoningEfforts: ["none", "low", "high", "max"],
    source: DOCS_2026,
  }),
  chat("@cf/deepseek-ai/deepseek-r1-distill-qwen-32b", [...NATIVE_JSON, "reasoning"], {
    ...window(80_000),
    ...price(0.497, 4.881),
    source: MODELS_DEV,
  }),
  chat("@cf/moonshotai/kimi-k2.7-code", REASONING, {
    ...window(262_144),
    ...VISION,
    ...price(0.95, 4, 0.19),
    source: MODELS_DEV,
  }),
  chat("@cf/moonshotai/kimi-k2.6", REASONING, {
    contextWindow: 262_144,
    maxOutputTokens: 256_000,
    ...VISION,
    ...price(0.95, 4, 0.16),
    reasoningEfforts: ["none", "high"],
    source: MODELS_DEV,
  }),
  chat("@cf/moonshotai/kimi-k2.5", REASONING, {
    ...VISION,
    // Cloudflare answers with K2.6, at K2.6's price.
    servedBy: "@cf/moonshotai/kimi-k2.6",
    source: "developers.cloudflare.com/changelog/post/2026-05-08-planned-model-deprecations: retired 2026-05-30",
  }),
  chat("@cf/nvidia/nemotron-3-120b-a12b", REASONING, {
    ...window(256_000),
    ...price(0.5, 1.5),
    reasoningEfforts: [],
    source: MODELS_DEV,
  }),
  chat("@cf/qwen/qwen3.8-27b", REASONING, {
    contextWindow: 262_144,
    ...VISION,
    ...price(0.45, 3.2, 0.05),
    created: 1_786_950_791,
    reasoningEfforts: ["low", "medium", "xhigh"],
    source: DOCS_2026,
  }),
  chat("@cf/qwen/qwen3-30b-a3b-fp8", [...NATIVE_TOOLS, "json_object", "json_schema", "reasoning"], {
    ...window(32_768),
    ...price(0.0509, 0.335),
    source: MODELS_DEV,
  }),
  chat("@cf/qwen/qwq-32b", [...NATIVE, "reasoning"], { ...window(24_000), ...price(0.66, 1), source: MODELS_DEV }),
  chat("@cf/google/gemma-4-26b-a4b-it", REASONING, {
    contextWindow: 256_000,
    maxOutputTokens: 16_384,
    ...VISION,
    ...price(0.1, 0.3),
    reasoningEfforts: [],
    source: MODELS_DEV,
  }),
];

const others: readonly ModelEntry[] = [
  chat("@cf/google/gemma-3-12b-it", NATIVE, {
    ...window(80_000),
    ...VISION,
    ...price(0.345, 0.556),
    source: DOCS_2025,
  }),
  chat("@cf/aisingapore/gemma-sea-lion-v4-27b-it", NATIVE, {
    ...window(128_000),
    ...price(0.351, 0.555),
    source: MODELS_DEV,
  }),
  chat("@cf/mistralai/mistral-small-3.1-24b-instruct", NATIVE_TOOLS, {
    ...window(128_000),
    ...VISION,
    ...price(0.351, 0.555),
    source: MODELS_DEV,
  }),
  chat("@cf/ibm-granite/granite-4.0-h-micro", NATIVE_TOOLS, {
    ...window(131_000),
    ...price(0.017, 0.112),
    source: MODELS_DEV,
  }),
  // These two are for accounts that have asked for them; their pages have neither schema nor price.
  chat("@cf/swiss-ai/apertus-v1.5-8b", ["streaming", "tools"], {
    contextWindow: 262_144,
    ...VISION,
    created: 1_790_778_040,
    source: DOCS_2026,
  }),
  chat("@cf/utter-project/eurollm-9b-it", ["streaming", "tools"], {
    contextWindow: 32_000,
    created: 1_790_777_371,
    source: DOCS_2026,
  }),
  chat("@cf/qwen/qwen2.5-coder-32b-instruct", NATIVE, { ...window(32_768), ...price(0.66, 1), source: MODELS_DEV }),
  chat("@hf/nousresearch/hermes-2-pro-mistral-7b", [...NATIVE_TOOLS, "json_object", "json_schema"], {
    ...window(24_000),
    source: DOCS_2025,
  }),
  chat("@cf/google/gemma-2b-it-lora", NATIVE, { ...window(8_192), source: DOCS_2025 }),
  chat("@cf/google/gemma-7b-it-lora", NATIVE, { ...window(3_500), source: DOCS_2025 }),
  chat("@hf/google/gemma-7b-it", NATIVE, { ...window(8_192), source: DOCS_2025 }),
  chat("@cf/deepseek-ai/deepseek-math-7b-instruct", NATIVE, { ...window(4_096), source: DOCS_2025 }),
  chat("@hf/thebloke/deepseek-coder-6.7b-base-awq", NATIVE, { ...window(4_096), source: DOCS_2025 }),
  chat("@hf/thebloke/deepseek-coder-6.7b-instruct-awq", NATIVE_JSON, { ...window(4_096), source: DOCS_2025 }),
  chat("@cf/thebloke/discolm-german-7b-v1-awq", NATIVE, { ...window(4_096), source: DOCS_2025 }),
  chat("@cf/tiiuae/falcon-7b-instruct", NATIVE, { ...window(4_096), source: DOCS_2025 }),
  chat("@cf/mistral/mistral-7b-instruct-v0.1", NATIVE, { ...price(0.11, 0.19) }),
  chat("@cf/mistral/mistral-7b-instruct-v0.2-lora", NATIVE, {}),
  chat("@hf/mistral/mistral-7b-instruct-v0.2", NATIVE, {}),
  chat("@hf/thebloke/mistral-7b-instruct-v0.1-awq", NATIVE, {}),
  chat("@hf/thebloke/zephyr-7b-beta-awq", NATIVE, {}),
  chat("@hf/thebloke/openhermes-2.5-mistral-7b-awq", NATIVE, {}),
  chat("@hf/thebloke/neural-chat-7b-v3-1-awq", NATIVE, {}),
  chat("@hf/nexusflow/starling-lm-7b-beta", NATIVE, {}),
  chat("@cf/openchat/openchat-3.5-0106", NATIVE, {}),
  chat("@cf/fblgit/una-cybertron-7b-v2-bf16", NATIVE, {}),
  chat("@cf/defog/sqlcoder-7b-2", NATIVE, {}),
  chat("@cf/microsoft/phi-2", NATIVE, {}),
  chat("@cf/tinyllama/tinyllama-1.1b-chat-v1.0", NATIVE, {}),
  chat("@cf/qwen/qwen1.5-0.5b-chat", NATIVE, {}),
  chat("@cf/qwen/qwen1.5-1.8b-chat", NATIVE, {}),
  chat("@cf/qwen/qwen1.5-7b-chat-awq", NATIVE, {}),
  chat("@cf/qwen/qwen1.5-14b-chat-awq", NATIVE, {}),
];

function embedding(id: string, figures: Figures): ModelEntry {
  return {
    id,
    type: "embedding",
    input: ["text"],
    output: ["embedding"],
    features: [],
    source: TYPES_ONLY,
    ...figures,
  };
}

const embeddings: readonly ModelEntry[] = [
  embedding("@cf/baai/bge-m3", {
    contextWindow: 60_000,
    ...price(0.0118, 0),
    created: 1_716_406_029,
    source: DOCS_2026,
  }),
  embedding("@cf/baai/bge-small-en-v1.5", { contextWindow: 512, ...price(0.02, 0), source: DOCS_2025 }),
  embedding("@cf/baai/bge-base-en-v1.5", { contextWindow: 512, ...price(0.067, 0), source: DOCS_2025 }),
  embedding("@cf/baai/bge-large-en-v1.5", { contextWindow: 512, ...price(0.204, 0), source: DOCS_2025 }),
  embedding("@cf/qwen/qwen3-embedding-0.6b", {
    contextWindow: 8_192,
    ...price(0.012, 0),
    created: 1_750_278_202,
    source: DOCS_2026,
  }),
  embedding("@cf/pfnet/plamo-embedding-1b", { ...price(0.0186, 0), created: 1_758_739_325, source: DOCS_2026 }),
  embedding("@cf/google/embeddinggemma-300m", { created: 1_756_932_518, source: DOCS_2026 }),
];

/** Most texts of one run: `maxItems` of the models' schemas; the smallest where a model is not known. Other vendors' models take any list. */
export function embeddingBatch(model: string): number {
  if (!model.startsWith("@")) return Number.POSITIVE_INFINITY;
  return model.startsWith("@cf/baai/bge-") ? 100 : 32;
}

export const cloudflare: ProviderEntry = {
  name: "cloudflare",
  binding: "CF_AI",
  serves: ["chat", "completion", "embedding"],
  aliases: {
    default: "@cf/meta/llama-4-scout-17b-16e-instruct",
    llama4: "@cf/meta/llama-4-scout-17b-16e-instruct",
    // OpenAI's open models, by the names that other hosts give them: its own API does not serve them.
    "gpt-oss-120b": "@cf/openai/gpt-oss-120b",
    "gpt-oss-20b": "@cf/openai/gpt-oss-20b",
    "openai/gpt-oss-120b": "@cf/openai/gpt-oss-120b",
    "openai/gpt-oss-20b": "@cf/openai/gpt-oss-20b",
  },
  defaultModels: { embedding: "@cf/baai/bge-m3" },
  idPrefix: "@cf/",
  families: [/^@hf\//],
  models: [...llama, ...reasoning, ...others, ...embeddings],
  embeddingBatch,
  refusesJsonStreams: true,
};
