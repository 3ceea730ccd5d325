import type { ModelEntry, ProviderEntry } from "./model.ts";

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

/**
 * Audio input costs more on some models than the price here, which is that of
 * text. Levels are what the model can be told (docs/thinking).
 */
export const gemini: ProviderEntry = {
  name: "gemini",
  binding: "GEMINI_RELAY",
  serves: ["chat", "completion", "embedding"],
  countsTokens: true,
  aliases: { default: "gemini-pro" },
  defaultModels: { embedding: "gemini-embedding-001" },
  families: [/^gemini-/],
  models: [
    {
      ...TEXT_MODEL,
      id: "gemini-3.8-flash",
      reasoningEfforts: ["low", "medium", "high"],
      price: { input: 0.75, output: 3.75, cachedInput: 0.075 },
      created: 1_788_307_200,
      source: `${SOURCE}; introductory price until 2026-12-31, then 1.5 / 7.5`,
    },
    {
      ...TEXT_MODEL,
      id: "gemini-3.6-flash",
      reasoningEfforts: ["minimal", "low", "medium", "high"],
      price: { input: 1.5, output: 7.5, cachedInput: 0.15 },
      created: 1_784_592_000,
      source: SOURCE,
    },
    {
      ...TEXT_MODEL,
      id: "gemini-3.5-flash-lite",
      reasoningEfforts: ["minimal", "low", "medium", "high"],
      price: { input: 0.3, output: 2.5, cachedInput: 0.03 },
      created: 1_784_592_000,
      source: SOURCE,
    },
    {
      ...TEXT_MODEL,
      id: "gemini-3.1-flash-lite",
      reasoningEfforts: ["minimal", "low", "medium", "high"],
      price: { input: 0.25, output: 1.5, cachedInput: 0.025 },
      created: 1_778_112_000,
      source: SOURCE,
    },
    {
      ...TEXT_MODEL,
      id: "gemini-3.1-pro-preview",
      reasoningEfforts: ["low", "medium", "high"],
      price: { input: 2, output: 12, cachedInput: 0.2 },
      created: 1_771_459_200,
      source: `${SOURCE}; prompts up to 200k tokens, 4 / 18 beyond`,
    },
    {
      ...TEXT_MODEL,
      id: "gemini-3-flash-preview",
      reasoningEfforts: ["minimal", "low", "medium", "high"],
      price: { input: 0.5, output: 3, cachedInput: 0.05 },
      created: 1_765_929_600,
      source: SOURCE,
    },
    {
      ...TEXT_MODEL,
      id: "gemini-2.5-pro",
      reasoningEfforts: ["minimal", "low", "medium", "high"],
      price: { input: 1.25, output: 10, cachedInput: 0.125 },
      created: 1_750_118_400,
      source: `${SOURCE}; prompts up to 200k tokens, 2.5 / 15 beyond; Google serves it by gemini-3.8-flash from 2026-12-01`,
    },
    {
      ...TEXT_MODEL,
      id: "gemini-2.5-flash",
      reasoningEfforts: ["none", "minimal", "low", "medium", "high"],
      price: { input: 0.3, output: 2.5, cachedInput: 0.03 },
      created: 1_750_118_400,
      source: `${SOURCE}; Google serves it by gemini-3.5-flash-lite from 2026-12-01`,
    },
    {
      ...TEXT_MODEL,
      id: "gemini-2.5-flash-lite",
      reasoningEfforts: ["none", "minimal", "low", "medium", "high"],
      price: { input: 0.1, output: 0.4, cachedInput: 0.01 },
      created: 1_753_142_400,
      source: SOURCE,
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
  ],
};
