/** What a request to a model of the Gemini API may say, by the generation that it is built on. */
export interface GeminiTraits {
  /** Gemini's generation behind it, whatever its name says: 3.1. Absent for other families (Gemma). */
  generation?: number;
  /** It is told in tokens how far to think, and this is its range; without one, in the levels of `reasoningEfforts`. */
  thinkingBudget?: { least: number; most: number };
  /** As in a ModelEntry: absent when it does not think, or cannot be told how far. */
  reasoningEfforts?: readonly string[];
}

const FLASH_BUDGET = { least: 0, most: 24_576 };
/** It cannot be told not to think. */
const PRO_BUDGET = { least: 128, most: 32_768 };

/** Levels that models have. 3.7 and 3.8 Flash refuse minimal: "Allowed values are: medium, low, high". */
const ALL_LEVELS = ["minimal", "low", "medium", "high"];
const WITHOUT_MINIMAL = ["low", "medium", "high"];
const PRO_3_LEVELS = ["low", "high"];
/** Other levels, and any budget, are a 400: earendil-works/pi issue 2812, aduermael/herm issue 23. */
const GEMMA_4_LEVELS = ["minimal", "high"];

/** Source: ai.google.dev/gemini-api/docs/thinking, as of 2026-11 */
const REGISTERED: Readonly<Record<string, GeminiTraits>> = {
  "gemini-3.8-flash": { generation: 3.8, reasoningEfforts: WITHOUT_MINIMAL },
  "gemini-3.7-flash": { generation: 3.7, reasoningEfforts: WITHOUT_MINIMAL },
  "gemini-3.6-flash": { generation: 3.6, reasoningEfforts: ALL_LEVELS },
  "gemini-3.5-flash-lite": { generation: 3.5, reasoningEfforts: ALL_LEVELS },
  "gemini-3.1-flash-lite": { generation: 3.1, reasoningEfforts: ALL_LEVELS },
  "gemini-3.1-pro-preview": { generation: 3.1, reasoningEfforts: WITHOUT_MINIMAL },
  "gemini-3-flash-preview": { generation: 3, reasoningEfforts: ALL_LEVELS },
  "gemini-2.5-pro": { generation: 2.5, thinkingBudget: PRO_BUDGET, reasoningEfforts: ALL_LEVELS },
  "gemini-2.5-flash": { generation: 2.5, thinkingBudget: FLASH_BUDGET, reasoningEfforts: ["none", ...ALL_LEVELS] },
  "gemini-2.5-flash-lite": { generation: 2.5, thinkingBudget: FLASH_BUDGET, reasoningEfforts: ["none", ...ALL_LEVELS] },
  // "Based on Gemini 3.0 Flash": deepmind.google/models/model-cards/gemini-robotics-er-1-6
  "gemini-robotics-er-1.6-preview": { generation: 3, reasoningEfforts: ALL_LEVELS },
  "gemma-4-31b-it": { reasoningEfforts: GEMMA_4_LEVELS },
  "gemma-4-26b-a4b-it": { reasoningEfforts: GEMMA_4_LEVELS },
};

export function registeredTraits(id: string): GeminiTraits | undefined {
  return Object.hasOwn(REGISTERED, id) ? REGISTERED[id] : undefined;
}

/** As registered, else what the name makes likely. */
export function geminiTraits(id: string): GeminiTraits {
  return registeredTraits(id) ?? likelyTraits(id);
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
