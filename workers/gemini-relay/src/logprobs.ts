import { isObject, type JsonObject, type Unchecked } from "@ai-proxy/shared/json";
import type { LogprobsResult, LogprobsResultCandidate } from "@google/genai";
import { asNumber, asText, objectsIn } from "./read.ts";

/**
 * Gemini's logprobsResult → OpenAI's `logprobs`; null when it has no tokens.
 * `{chosenCandidates: [{token: "Hi", logProbability: -0.1}], topCandidates: [{candidates: […]}]}`
 * → `{content: [{token: "Hi", logprob: -0.1, bytes: [72, 105], top_logprobs: […]}], refusal: null}`
 */
export function readLogprobs(result: unknown): JsonObject | null {
  if (!isObject(result)) return null;
  const { chosenCandidates, topCandidates }: Unchecked<LogprobsResult> = result;
  const chosen = objectsIn(chosenCandidates);
  if (chosen.length === 0) return null;
  const tops = objectsIn(topCandidates);
  const content = chosen.map((token, position) => ({
    ...tokenLogprob(token),
    top_logprobs: objectsIn(tops[position]?.["candidates"]).map(tokenLogprob),
  }));
  return { content, refusal: null };
}

const encoder = new TextEncoder();

function tokenLogprob(candidate: Unchecked<LogprobsResultCandidate>): {
  token: string;
  logprob: number;
  bytes: number[];
} {
  const token = asText(candidate.token) ?? "";
  return { token, logprob: asNumber(candidate.logProbability) ?? 0, bytes: [...encoder.encode(token)] };
}
