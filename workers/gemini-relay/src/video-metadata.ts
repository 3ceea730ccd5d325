import { badRequest } from "@ai-proxy/shared/errors";
import type { JsonObject } from "@ai-proxy/shared/json";
import type { VideoMetadata } from "@google/genai";
import { inCamelCase, snakeCase } from "./google-options.ts";
import { objectField } from "./read.ts";

/**
 * Which part of a video the model sees, and how many of its frames, as LiteLLM's clients write it.
 * `{"video_metadata":{"fps":5,"start_offset":"10s","end_offset":60}}`
 * → `{fps: 5, startOffset: "10s", endOffset: "60s"}`
 * Sources: BerriAI/litellm pull request 19273; discovery document, VideoMetadata.
 * Throws a 400 that names the member at fault.
 */
export function readVideoMetadata(holder: JsonObject, path: string): VideoMetadata | undefined {
  const param = `${path}.video_metadata`;
  const given = objectField(holder, "video_metadata", param);
  if (given === undefined) return undefined;
  const { fps, startOffset, endOffset, ...others } = inCamelCase(given);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    const name = `${param}.${snakeCase(unknown)}`;
    throw badRequest(`${name} is not known; there are fps, start_offset and end_offset.`, name, "unknown_parameter");
  }
  if (fps !== undefined && typeof fps !== "number") {
    throw badRequest(`${param}.fps must be a number.`, `${param}.fps`, "invalid_type");
  }
  const start = offset(startOffset, `${param}.start_offset`);
  const end = offset(endOffset, `${param}.end_offset`);
  return {
    ...(fps !== undefined && { fps }),
    ...(start !== undefined && { startOffset: start }),
    ...(end !== undefined && { endOffset: end }),
  };
}

/** Google's durations: "1.5s". */
function offset(value: unknown, param: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= 0) return `${value}s`;
  if (typeof value === "string" && /^\d+(?:\.\d+)?s$/.test(value)) return value;
  throw badRequest(`${param} must be seconds: 90 or "90s".`, param, "invalid_value");
}
