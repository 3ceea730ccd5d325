import { isObject, type Unchecked } from "@ai-proxy/shared/json";
import type { GenerateContentResponse } from "@google/genai";
import { blockedMessage } from "./finish-reason.ts";
import { asText, at } from "./read.ts";

/** What both a whole answer and each event of a stream say about the answer as a whole. */

/** `system_fingerprint` names what served, which at Gemini is the model's version; null when it does not say. */
export function systemFingerprint(answer: Unchecked<GenerateContentResponse>): string | null {
  return asText(answer.modelVersion) ?? null;
}

const SERVICE_TIERS: Readonly<Record<string, string>> = { standard: "default", flex: "flex", priority: "priority" };

/** The tier that served, in OpenAI's word; undefined when Gemini does not say. */
export function serviceTier(answer: Unchecked<GenerateContentResponse>): string | undefined {
  const tier = asText(at(answer, "usageMetadata", "serviceTier"))?.toLowerCase();
  return tier !== undefined && Object.hasOwn(SERVICE_TIERS, tier) ? SERVICE_TIERS[tier] : undefined;
}

/** Why the prompt was blocked; null when it was not. */
export function blockedPrompt(answer: Unchecked<GenerateContentResponse>): string | null {
  const { promptFeedback: feedback } = answer;
  const reason = isObject(feedback) ? asText(feedback["blockReason"]) : undefined;
  if (reason === undefined || reason === "BLOCK_REASON_UNSPECIFIED") return null;
  return blockedMessage(reason, asText(at(feedback, "blockReasonMessage")));
}
