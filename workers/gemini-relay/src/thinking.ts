import { badRequest } from "@ai-proxy/shared/errors";
import type { JsonObject } from "@ai-proxy/shared/json";
import { inCamelCase } from "./google-options.ts";
import type { Level, Thinking } from "./model.ts";

/**
 * OpenAI's reasoning_effort → Gemini's thinkingConfig, by the model's
 * generation. The budgets are those of Google's own OpenAI endpoint (1,024,
 * 8,192, 24,576). A model gets the nearest it can do: "none" is the least
 * thinking it allows, a level it lacks becomes the next higher one.
 * Source: ai.google.dev/gemini-api/docs/openai, "Thinking"; docs/thinking.
 */
const EFFORTS = {
  none: { budget: 0, level: "MINIMAL" },
  minimal: { budget: 1_024, level: "MINIMAL" },
  low: { budget: 1_024, level: "LOW" },
  medium: { budget: 8_192, level: "MEDIUM" },
  high: { budget: 24_576, level: "HIGH" },
  xhigh: { budget: Number.POSITIVE_INFINITY, level: "HIGH" },
  max: { budget: Number.POSITIVE_INFINITY, level: "HIGH" },
} as const satisfies Record<string, { budget: number; level: Level }>;

const RANK: readonly Level[] = ["MINIMAL", "LOW", "MEDIUM", "HIGH"];

/**
 * `reasoning_effort` as this model takes it. Null when the client gave none, or
 * the model cannot be told.
 * medium on Gemini 2.5 → {thinkingBudget: 8192, includeThoughts: true}
 */
export function toThinkingConfig(effort: unknown, thinking: Thinking | null): JsonObject | null {
  if (effort === undefined || effort === null) return null;
  if (!isEffort(effort)) {
    throw badRequest(
      `reasoning_effort must be one of ${Object.keys(EFFORTS).join(", ")}.`,
      "reasoning_effort",
      "invalid_value",
    );
  }
  if (thinking === null) return null;
  // Who asks for thinking sees its summary; it costs no more tokens.
  const includeThoughts = effort !== "none" && { includeThoughts: true };
  if (thinking.kind === "level")
    return { thinkingLevel: nearestLevel(EFFORTS[effort].level, thinking.levels), ...includeThoughts };
  const budget = Math.min(Math.max(EFFORTS[effort].budget, thinking.least), thinking.most);
  return { thinkingBudget: budget, ...includeThoughts };
}

/** The level, else the next higher that the model has, else its highest. */
function nearestLevel(wanted: Level, levels: readonly Level[]): Level {
  const higher = levels.find((level) => RANK.indexOf(level) >= RANK.indexOf(wanted));
  return higher ?? levels.at(-1) ?? wanted;
}

function isEffort(value: unknown): value is keyof typeof EFFORTS {
  return typeof value === "string" && Object.hasOwn(EFFORTS, value);
}

/** `extra_body.google.thinking_config` in Gemini's names, with levels as it writes them. */
export function readThinkingConfig(given: JsonObject): JsonObject {
  const config = inCamelCase(given);
  const { thinkingLevel } = config;
  return typeof thinkingLevel === "string" ? { ...config, thinkingLevel: thinkingLevel.toUpperCase() } : config;
}

/** Whether thinkingConfig says how much to think, not only whether to show it. */
export function saysHowMuch({ thinkingBudget, thinkingLevel }: JsonObject): boolean {
  return thinkingBudget !== undefined || thinkingLevel !== undefined;
}
