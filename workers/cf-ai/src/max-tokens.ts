import { readAnswerLimit } from "@ai-proxy/shared/formats/answer-limit";
import type { JsonObject } from "@ai-proxy/shared/json";
import type { ModelEntry } from "@ai-proxy/shared/registry/model";
import { estimatePromptTokens } from "@ai-proxy/shared/upstream/estimate";

/** For models whose limit is not documented: the smallest one that is (gpt-oss, Gemma 4). */
const USUAL_LIMIT = 16_384;

/** For old models whose window is not documented; some have 2,048 tokens. */
const OLD_MODEL_LIMIT = 1_024;

/** The binding's own default. With less room than this the model itself says that the prompt is too long. */
const BINDING_DEFAULT = 256;

/**
 * How many tokens the answer may have. The client's word (`max_completion_tokens`,
 * else `max_tokens`) goes as it is, or is a 400. Without one the binding would cut at 256, so
 * the model's own output limit is sent, as far as the window has room: Workers AI
 * refuses (413, code 5021) when its estimate of the prompt and this exceed the window.
 *
 * @param requestText the client's request as JSON text, which the prompt is estimated from
 */
export function chooseMaxTokens(body: JsonObject, entry: ModelEntry | undefined, requestText: string): number {
  const asked = readAnswerLimit(body);
  if (asked !== undefined) return asked;
  if (entry === undefined) return USUAL_LIMIT;
  if (entry.contextWindow === undefined) return entry.features.includes("prompt") ? OLD_MODEL_LIMIT : USUAL_LIMIT;
  const limit = entry.maxOutputTokens ?? USUAL_LIMIT;
  return Math.max(BINDING_DEFAULT, Math.min(limit, entry.contextWindow - mostPromptTokens(requestText)));
}

/**
 * An upper bound of what Workers AI and the model take the prompt for. Reports of 5021 show about a
 * token for four characters of the request, embedded images included; scripts with short words need more.
 */
function mostPromptTokens(requestText: string): number {
  return Math.ceil(Math.max(requestText.length / 3, 1.2 * estimatePromptTokens(requestText))) + 64;
}
