import type { ModelEntry, ProviderEntry } from "./model.ts";

const PAGES = "developers.openai.com/api/docs/{models,pricing,deprecations}, as of 2026-11";

const CHAT = {
  type: "chat",
  input: ["text", "image", "file"],
  output: ["text"],
  features: ["streaming", "tools", "json_object", "json_schema", "logprobs"],
  source: PAGES,
} as const satisfies Partial<ModelEntry>;

/** gpt-5 and later; over 272,000 tokens of prompt the larger windows cost twice the input and 1.5 times the output. */
const REASONING = {
  ...CHAT,
  features: ["streaming", "tools", "json_object", "json_schema", "reasoning"],
  contextWindow: 400_000,
  maxOutputTokens: 128_000,
} as const satisfies Partial<ModelEntry>;

/**
 * In chats these take function tools only with `reasoning_effort: "none"`, and
 * refuse `temperature` otherwise; OpenAI's answer says so, the relay changes neither.
 */
const GPT_6 = { ...REASONING, contextWindow: 1_050_000 } as const satisfies Partial<ModelEntry>;

const EFFORTS = ["none", "low", "medium", "high", "xhigh"] as const;
const EFFORTS_TO_MAX = [...EFFORTS, "max"] as const;

/** gpt-5, its small ones and the o-series; they shut down on 2026-12-11. */
const OLD_EFFORTS = ["low", "medium", "high"] as const;
const GPT_5_EFFORTS = ["minimal", ...OLD_EFFORTS] as const;

/** Still served; OpenAI has announced the end. */
const until = (date: string) => ({ source: `${PAGES}: shuts down ${date}` });

/** @param price US dollars per million tokens: input, cached input, output */
function priced(
  id: string,
  released: string,
  [input, cachedInput, output]: readonly [number, number, number],
  rest: Omit<ModelEntry, "id" | "price" | "created">,
): ModelEntry {
  return { ...rest, id, price: { input, output, cachedInput }, created: Date.parse(released) / 1000 };
}

/** Shut down: the name goes on working, served by another model. */
function retired(servedBy: string, since: string, ids: readonly string[]): ModelEntry[] {
  return ids.map((id) => ({ ...CHAT, id, servedBy, source: `${PAGES}: shut down ${since}` }));
}

/**
 * Retired models are served by gpt-5.4 and gpt-5.4-mini. OpenAI recommends the
 * gpt-5.6 ones, which reason unless told otherwise and then refuse in chats the
 * temperature and tools that clients of gpt-4 send.
 */
export const openai: ProviderEntry = {
  name: "openai",
  binding: "OPENAI_RELAY",
  serves: ["chat", "completion", "embedding", "moderation"],
  batchesPrompts: true,
  passesThrough: true,
  listsModels: true,
  hostsUpstreams: true,
  aliases: { default: "gpt-4", gpt4: "gpt-4", gpt3: "gpt-3.5-turbo" },
  defaultModels: {
    embedding: "text-embedding-3-small",
    completion: "gpt-3.5-turbo-instruct",
    moderation: "omni-moderation-latest",
  },
  families: [
    // Not gpt-oss, nor EleutherAI's gpt-j and gpt-neo, which its API does not serve.
    /^gpt-(?!oss|j-|neo)/,
    /^o[1-9](?:-|$)/,
    /^chatgpt-/,
    /^codex-/,
    /^ft:/,
    // Others have text-embedding-004 (Google), text-embedding-v4 (Alibaba), text-embedding-nomic-… (LM Studio).
    /^text-embedding-(?:\d-|ada-)/,
    /^(?:omni|text)-moderation-/,
    /^(?:davinci|babbage)-002$/,
  ],
  models: [
    priced("gpt-6-astra", "2026-09-03", [10, 1, 50], { ...GPT_6, reasoningEfforts: EFFORTS_TO_MAX }),
    priced("gpt-6.1-sol", "2026-09-29", [2, 0.1, 10], { ...GPT_6, reasoningEfforts: EFFORTS_TO_MAX.slice(1) }),
    priced("gpt-6.1-terra", "2026-10-26", [1, 0.05, 5], { ...GPT_6, reasoningEfforts: EFFORTS_TO_MAX }),
    priced("gpt-6-sol", "2026-09-22", [2, 0.2, 10], { ...GPT_6, reasoningEfforts: EFFORTS_TO_MAX }),
    priced("gpt-6-luna", "2026-09-22", [0.1, 0.01, 0.5], { ...GPT_6, reasoningEfforts: EFFORTS_TO_MAX }),
    priced("gpt-5.6-sol", "2026-07-09", [5, 0.5, 30], { ...GPT_6, reasoningEfforts: EFFORTS_TO_MAX }),
    priced("gpt-5.6-terra", "2026-07-09", [2, 0.2, 12], { ...GPT_6, reasoningEfforts: EFFORTS_TO_MAX }),
    priced("gpt-5.6-luna", "2026-07-09", [0.2, 0.02, 1.2], { ...GPT_6, reasoningEfforts: EFFORTS_TO_MAX }),
    priced("gpt-5.5", "2026-04-23", [5, 0.5, 30], { ...GPT_6, reasoningEfforts: EFFORTS }),
    priced("gpt-5.4", "2026-03-05", [2.5, 0.25, 15], { ...GPT_6, reasoningEfforts: EFFORTS }),
    priced("gpt-5.4-mini", "2026-03-17", [0.75, 0.075, 4.5], { ...REASONING, reasoningEfforts: EFFORTS }),
    priced("gpt-5.4-nano", "2026-03-17", [0.2, 0.02, 1.25], {
      ...REASONING,
      reasoningEfforts: EFFORTS,
      ...until("2027-04-01"),
    }),
    priced("gpt-5.2", "2025-12-11", [1.75, 0.175, 14], { ...REASONING, reasoningEfforts: EFFORTS }),
    priced("gpt-5.1", "2025-11-13", [1.25, 0.125, 10], {
      ...REASONING,
      reasoningEfforts: EFFORTS.slice(0, 4),
      ...until("2027-04-01"),
    }),
    priced("gpt-5", "2025-08-07", [1.25, 0.125, 10], {
      ...REASONING,
      reasoningEfforts: GPT_5_EFFORTS,
      ...until("2026-12-11"),
    }),
    priced("gpt-5-mini", "2025-08-07", [0.25, 0.025, 2], {
      ...REASONING,
      reasoningEfforts: GPT_5_EFFORTS,
      ...until("2026-12-11"),
    }),
    priced("gpt-5-nano", "2025-08-07", [0.05, 0.005, 0.4], {
      ...REASONING,
      reasoningEfforts: GPT_5_EFFORTS,
      ...until("2026-12-11"),
    }),
    priced("o3", "2025-04-16", [2, 0.5, 8], {
      ...REASONING,
      contextWindow: 200_000,
      maxOutputTokens: 100_000,
      reasoningEfforts: OLD_EFFORTS,
      ...until("2026-12-11"),
    }),
    priced("gpt-4.1", "2025-04-14", [2, 0.5, 8], {
      ...CHAT,
      contextWindow: 1_047_576,
      maxOutputTokens: 32_768,
      ...until("2027-01-14"),
    }),
    priced("gpt-4.1-mini", "2025-04-14", [0.4, 0.1, 1.6], {
      ...CHAT,
      contextWindow: 1_047_576,
      maxOutputTokens: 32_768,
      ...until("2027-01-14"),
    }),
    priced("gpt-4o", "2024-05-13", [2.5, 1.25, 10], {
      ...CHAT,
      contextWindow: 128_000,
      maxOutputTokens: 16_384,
      ...until("2027-01-14"),
    }),
    priced("gpt-4o-mini", "2024-07-18", [0.15, 0.075, 0.6], {
      ...CHAT,
      contextWindow: 128_000,
      maxOutputTokens: 16_384,
      ...until("2027-01-14"),
    }),
    ...retired("gpt-5.4", "2026-10-23", ["gpt-4", "gpt-4-0613", "gpt-4-turbo", "gpt-4-turbo-2024-04-09", "o1"]),
    ...retired("gpt-5.4-mini", "2026-10-23", [
      "gpt-3.5-turbo",
      "gpt-3.5-turbo-0125",
      "gpt-4.1-nano",
      "o3-mini",
      "o4-mini",
    ]),
    ...retired("gpt-5.4", "2026-02-17", ["chatgpt-4o-latest"]),
    {
      id: "gpt-3.5-turbo-instruct",
      type: "completion",
      contextWindow: 4_096,
      maxOutputTokens: 4_096,
      input: ["text"],
      output: ["text"],
      features: ["streaming", "logprobs", "prompt"],
      price: { input: 1.5, output: 2 },
      source: PAGES,
    },
    embedding("text-embedding-3-small", 0.02),
    embedding("text-embedding-3-large", 0.13),
    embedding("text-embedding-ada-002", 0.1),
    {
      id: "omni-moderation-latest",
      type: "moderation",
      input: ["text", "image"],
      output: ["text"],
      features: [],
      price: { input: 0, output: 0 },
      source: PAGES,
    },
  ],
};

function embedding(id: string, input: number): ModelEntry {
  return {
    id,
    type: "embedding",
    contextWindow: 8_192,
    input: ["text"],
    output: ["embedding"],
    features: [],
    price: { input, output: 0 },
    source: PAGES,
  };
}
