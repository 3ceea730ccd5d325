import type { EncodingName } from "../encoding/encodings.ts";
import type { Script } from "./scripts.ts";

export type EstimateName = "gemini" | "llama-3" | "llama-4" | "other";

/**
 * Another tokenizer's count from one that we have: tokens of the base encoding,
 * each times the ratio that was measured for the script of its text.
 */
export interface EstimateProfile {
  base: EncodingName;
  ratios: Record<Script, number>;
  /** Share of the count that 95 % of the measured texts are within. */
  bound: number;
}

const even = { latin: 1, accented: 1, symbol: 1, cyrillic: 1, semitic: 1, indic: 1, cjk: 1, emoji: 1 };

export const profiles: Record<EstimateName, EstimateProfile> = {
  "llama-4": { base: "o200k_base", ratios: even, bound: 0.1 },
  "llama-3": { base: "cl100k_base", ratios: even, bound: 0.1 },
  gemini: { base: "o200k_base", ratios: even, bound: 0.15 },
  other: { base: "o200k_base", ratios: even, bound: 0.3 },
};
