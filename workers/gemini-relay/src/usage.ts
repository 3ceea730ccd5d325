import type { Usage } from "@ai-proxy/shared/formats/usage";
import type { JsonObject, Unchecked } from "@ai-proxy/shared/json";
import type { GenerateContentResponseUsageMetadata } from "@google/genai";
import { asNumber, objectsIn } from "./read.ts";

/**
 * Gemini's usageMetadata → tokens in OpenAI's sense. Its total is prompt +
 * tool use + candidates + thoughts (1,043 of 1,045 recorded answers), so that
 * prompt and completion add up to it. cachedContentTokenCount lies within the
 * prompt. Where the total shows that candidates hold the thoughts already,
 * they are not added again.
 *
 *   {promptTokenCount: 10, candidatesTokenCount: 5, thoughtsTokenCount: 20, totalTokenCount: 35}
 *   → {promptTokens: 10, completionTokens: 25, reasoningTokens: 20, cachedTokens: 0}
 */
export function readUsage(metadata: Unchecked<GenerateContentResponseUsageMetadata>): Usage {
  const count = (name: keyof typeof metadata) => asNumber(metadata[name]) ?? 0;
  const total = asNumber(metadata.totalTokenCount);
  const promptTokens = count("promptTokenCount") + count("toolUsePromptTokenCount");
  const reasoningTokens = count("thoughtsTokenCount");
  const candidates =
    asNumber(metadata.candidatesTokenCount) ?? Math.max(0, (total ?? 0) - promptTokens - reasoningTokens);
  const includesThoughts = candidates >= reasoningTokens && total === promptTokens + candidates;
  const promptAudio = audioTokens(metadata.promptTokensDetails);
  const completionAudio = audioTokens(metadata.candidatesTokensDetails);
  return {
    promptTokens,
    completionTokens: includesThoughts ? candidates : candidates + reasoningTokens,
    cachedTokens: count("cachedContentTokenCount"),
    reasoningTokens,
    ...(promptAudio !== undefined && { promptAudioTokens: promptAudio }),
    ...(completionAudio !== undefined && { completionAudioTokens: completionAudio }),
  };
}

/**
 * The counts of a stream so far. Each report is of the whole answer until
 * then; one without the prompt's count adds to those before it.
 */
export function mergeReports(before: JsonObject | null, report: JsonObject): JsonObject {
  return before === null || report["promptTokenCount"] !== undefined ? report : { ...before, ...report };
}

/** `[{modality: "AUDIO", tokenCount: 7}]` → 7 */
function audioTokens(details: unknown): number | undefined {
  const audio = objectsIn(details).filter((detail) => detail["modality"] === "AUDIO");
  if (audio.length === 0) return undefined;
  return audio.reduce((sum, detail) => sum + (asNumber(detail["tokenCount"]) ?? 0), 0);
}
