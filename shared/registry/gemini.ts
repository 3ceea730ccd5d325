import type { ModelEntry, ProviderEntry } from "./model.ts";

/** A model of the Gemini API, with what depends on the generation that it is built on. */
export interface GeminiEntry extends ModelEntry {
  /** Gemini's generation behind it, whatever its name says: 3.1. Absent for other families (Gemma). */
  generation?: number;
  /** It is told in tokens how far to think, and this is its range; without one, in the levels of `reasoningEfforts`. */
  thinkingBudget?: { least: number; most: number };
}

const FLASH_BUDGET = { least: 0, most: 24_576 };
/** It cannot be told not to think. */
const PRO_BUDGET = { least: 128, most: 32_768 };

/** Levels that models have (docs/thinking). 3.7 and 3.8 Flash refuse minimal: "Allowed values are: medium, low, high". */
const ALL_LEVELS = ["minimal", "low", "medium", "high"];
const WITHOUT_MINIMAL = ["low", "medium", "high"];
const PRO_3_LEVELS = ["low", "high"];

/** What the text models of Gemini have in common. */
const TEXT_MODEL = {
  type: "chat",
  contextWindow: 1_048_576,
  maxOutputTokens: 65_536,
  input: ["text", "image", "audio", "video", "file"],
  output: ["text"],
  features: ["streaming", "tools", "json_object", "json_schema", "reasoning"],
} as const satisfies Partial<ModelEntry>;

const SOURCE = "ai.google.dev/gemini-api/docs/{models,pricing,deprecations}, as of 2026-10";

const GEMMA_4 = {
  type: "chat",
  contextWindow: 262_144,
  input: ["text", "image"],
  output: ["text"],
  features: ["streaming", "tools", "json_object", "json_schema", "reasoning"],
  // Other levels, and any thinkingBudget, are a 400: earendil-works/pi issue 2812, aduermael/herm issue 23.
  reasoningEfforts: ["minimal", "high"],
  source: "ai.google.dev/gemma/docs/core (window); free tier only at the Gemini API",
} as const satisfies Partial<ModelEntry>;

/** Audio input costs more on some models than the price here, which is that of text. */
const models: readonly GeminiEntry[] = [
  {
    ...TEXT_MODEL,
    id: "gemini-3.8-flash",
    generation: 3.8,
    reasoningEfforts: WITHOUT_MINIMAL,
    price: { input: 0.75, output: 3.75, cachedInput: 0.075 },
    created: 1_788_307_200,
    source: `${SOURCE}; introductory price until 2026-12-31, then 1.5 / 7.5`,
  },
  {
    ...TEXT_MODEL,
    id: "gemini-3.7-flash",
    generation: 3.7,
    reasoningEfforts: WITHOUT_MINIMAL,
    price: { input: 0.75, output: 3.75, cachedInput: 0.075 },
    source: "BerriAI/litellm discussion 36799; introductory price, 1.5 / 7.5 later",
  },
  {
    ...TEXT_MODEL,
    id: "gemini-3.6-flash",
    generation: 3.6,
    reasoningEfforts: ALL_LEVELS,
    price: { input: 1.5, output: 7.5, cachedInput: 0.15 },
    created: 1_784_592_000,
    source: SOURCE,
  },
  {
    ...TEXT_MODEL,
    id: "gemini-3.5-flash-lite",
    generation: 3.5,
    reasoningEfforts: ALL_LEVELS,
    price: { input: 0.3, output: 2.5, cachedInput: 0.03 },
    created: 1_784_592_000,
    source: SOURCE,
  },
  {
    ...TEXT_MODEL,
    id: "gemini-3.1-flash-lite",
    generation: 3.1,
    reasoningEfforts: ALL_LEVELS,
    price: { input: 0.25, output: 1.5, cachedInput: 0.025 },
    created: 1_778_112_000,
    source: SOURCE,
  },
  {
    ...TEXT_MODEL,
    id: "gemini-3.1-pro-preview",
    generation: 3.1,
    reasoningEfforts: WITHOUT_MINIMAL,
    price: { input: 2, output: 12, cachedInput: 0.2 },
    created: 1_771_459_200,
    source: `${SOURCE}; prompts up to 200k tokens, 4 / 18 beyond`,
  },
  {
    ...TEXT_MODEL,
    id: "gemini-3-flash-preview",
    generation: 3,
    reasoningEfforts: ALL_LEVELS,
    price: { input: 0.5, output: 3, cachedInput: 0.05 },
    created: 1_765_929_600,
    source: SOURCE,
  },
  {
    ...TEXT_MODEL,
    id: "gemini-2.5-pro",
    generation: 2.5,
    thinkingBudget: PRO_BUDGET,
    reasoningEfforts: ALL_LEVELS,
    price: { input: 1.25, output: 10, cachedInput: 0.125 },
    created: 1_750_118_400,
    source: `${SOURCE}; prompts up to 200k tokens, 2.5 / 15 beyond; Google serves it by gemini-3.8-flash from 2026-12-01`,
  },
  {
    ...TEXT_MODEL,
    id: "gemini-2.5-flash",
    generation: 2.5,
    thinkingBudget: FLASH_BUDGET,
    reasoningEfforts: ["none", ...ALL_LEVELS],
    price: { input: 0.3, output: 2.5, cachedInput: 0.03 },
    created: 1_750_118_400,
    source: `${SOURCE}; Google serves it by gemini-3.5-flash-lite from 2026-12-01`,
  },
  {
    ...TEXT_MODEL,
    id: "gemini-2.5-flash-lite",
    generation: 2.5,
    thinkingBudget: FLASH_BUDGET,
    reasoningEfforts: ["none", ...ALL_LEVELS],
    price: { input: 0.1, output: 0.4, cachedInput: 0.01 },
    created: 1_753_142_400,
    source: SOURCE,
  },
  {
    ...TEXT_MODEL,
    id: "gemini-robotics-er-1.6-preview",
    generation: 3,
    contextWindow: 131_072,
    reasoningEfforts: ALL_LEVELS,
    price: { input: 1, output: 5, cachedInput: 0.1 },
    source: "deepmind.google/models/model-cards/gemini-robotics-er-1-6: based on 3.0 Flash",
  },
  {
    ...GEMMA_4,
    id: "gemma-4-31b-it",
  },
  {
    ...GEMMA_4,
    id: "gemma-4-26b-a4b-it",
  },
  {
    id: "gemini-embedding-001",
    type: "embedding",
    contextWindow: 2_048,
    input: ["text"],
    output: ["embedding"],
    features: [],
    price: { input: 0.15, output: 0 },
    created: 1_752_451_200,
    source: SOURCE,
  },
  {
    id: "gemini-embedding-2",
    type: "embedding",
    contextWindow: 8_192,
    // It embeds media too; OpenAI's embeddings API has no place for them.
    input: ["text"],
    output: ["embedding"],
    features: [],
    price: { input: 0.2, output: 0 },
    source: SOURCE,
  },
  {
    // Gemini 1.0 Pro. There is no stable Pro model to follow it: Google's own
    // replacement for the last one (2.5 Pro, from 2026-12-01) is 3.8 Flash.
    id: "gemini-pro",
    type: "chat",
    input: ["text"],
    output: ["text"],
    features: ["streaming", "tools"],
    servedBy: "gemini-3.8-flash",
    source: SOURCE,
  },
];

export const gemini: ProviderEntry = {
  name: "gemini",
  binding: "GEMINI_RELAY",
  serves: ["chat", "completion", "embedding"],
  countsTokens: true,
  aliases: { default: "gemini-pro" },
  defaultModels: { embedding: "gemini-embedding-001" },
  families: [/^gemini-/],
  models,
};

export type GeminiTraits = Pick<GeminiEntry, "generation" | "thinkingBudget" | "reasoningEfforts">;

/** What a model's generation decides: as registered, else what its name makes likely. */
export function geminiTraits(id: string): GeminiTraits {
  return models.find((model) => model.id === id) ?? likelyTraits(id);
}

/** Bare `-latest` names point at the newest generation; a later one than we know behaves like the newest we know. */
const NEWEST = 3.8;

function likelyTraits(id: string): GeminiTraits {
  const generation = likelyGeneration(id);
  if (generation === undefined) return {};
  if (generation < 2.5 || /-(tts|image|native-audio|live)\b/.test(id)) return { generation };
  const isPro = id.includes("-pro");
  if (generation < 3) {
    return { generation, thinkingBudget: isPro ? PRO_BUDGET : FLASH_BUDGET };
  }
  if (isPro) return { generation, reasoningEfforts: generation < 3.1 ? PRO_3_LEVELS : WITHOUT_MINIMAL };
  const hasMinimal = id.includes("flash-lite") || (id.includes("flash") && generation <= 3.6);
  return { generation, reasoningEfforts: hasMinimal ? ALL_LEVELS : WITHOUT_MINIMAL };
}

/** 2.5 for "gemini-2.5-pro"; undefined for models of other families (Gemma, tuned ones). */
function likelyGeneration(id: string): number | undefined {
  if (/^gemini-(pro|flash|flash-lite)-latest$/.test(id)) return NEWEST;
  const [, robotics, number] = /^gemini-(robotics-er-)?(\d{1,2}(?:\.\d{1,2})?)(?:-|$)/.exec(id) ?? [];
  if (number === undefined) return undefined;
  // Robotics-ER counts by itself: 1.6 is built on 3.0 Flash, and what came before on 2.
  if (robotics !== undefined) return Number(number) < 1.6 ? 2.5 : 3;
  return Number(number);
}
