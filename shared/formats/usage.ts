import { isObject } from "../json.ts";
import type { Usage } from "../usage.ts";

export type { Usage };

/** OpenAI's `usage` object. */
export interface OpenAIUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number; audio_tokens?: number };
  completion_tokens_details: { reasoning_tokens: number; audio_tokens?: number };
}

/** {promptTokens: 3, completionTokens: 2, …} → {prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, …} */
export function toOpenAIUsage(usage: Usage): OpenAIUsage {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cachedTokens,
      ...(usage.promptAudioTokens !== undefined && { audio_tokens: usage.promptAudioTokens }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      ...(usage.completionAudioTokens !== undefined && { audio_tokens: usage.completionAudioTokens }),
    },
  };
}

/** The sum of two counts; what one of them lacks counts as 0. Null when there is neither. */
export function addUsage(a: Usage | null, b: Usage | null): Usage | null {
  if (a === null || b === null) return a ?? b;
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    ...sumOf("promptAudioTokens", a, b),
    ...sumOf("completionAudioTokens", a, b),
  };
}

/** The sum of several counts; null when none of them is known. */
export function sumUsage(counts: readonly (Usage | null)[]): Usage | null {
  return counts.reduce(addUsage, null);
}

function sumOf(field: "promptAudioTokens" | "completionAudioTokens", a: Usage, b: Usage): Partial<Usage> {
  if (a[field] === undefined && b[field] === undefined) return {};
  return { [field]: (a[field] ?? 0) + (b[field] ?? 0) };
}

/** Reads an OpenAI-shaped `usage` (chat, completions, embeddings; in the Responses API's words too); null when it holds no counts. */
export function fromOpenAIUsage(value: unknown): Usage | null {
  if (!isObject(value)) return null;
  const prompt = count(value["prompt_tokens"] ?? value["input_tokens"]);
  const completion = count(value["completion_tokens"] ?? value["output_tokens"]);
  if (prompt === undefined && completion === undefined) return null;
  const promptDetails = value["prompt_tokens_details"] ?? value["input_tokens_details"];
  const completionDetails = value["completion_tokens_details"] ?? value["output_tokens_details"];
  const cached = isObject(promptDetails) ? count(promptDetails["cached_tokens"]) : undefined;
  const reasoning = (isObject(completionDetails) ? count(completionDetails["reasoning_tokens"]) : undefined) ?? 0;
  // xAI and Google's OpenAI endpoint count reasoning beside the completion, and both in the total.
  const total = count(value["total_tokens"]);
  const counted = prompt !== undefined && completion !== undefined && total !== undefined;
  return {
    promptTokens: prompt ?? 0,
    completionTokens: counted ? Math.max(completion, total - prompt) : (completion ?? 0),
    // Moonshot and Together tell of their caches beside the other counts.
    cachedTokens: cached ?? count(value["cached_tokens"]) ?? 0,
    reasoningTokens: reasoning,
  };
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}
