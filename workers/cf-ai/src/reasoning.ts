import { badRequest } from "@ai-proxy/shared/errors";
import type { JsonObject } from "@ai-proxy/shared/json";
import type { Dialect } from "./dialect.ts";

/** OpenAI's levels of effort, from none to most. */
const LEVELS: readonly string[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/**
 * `reasoning_effort` for this model. A level that it lacks becomes the nearest one
 * that it has, the higher of two; models that can only switch reasoning off and on
 * get `enable_thinking`. Models that do not reason are not sent any: the field is
 * a hint, and clients send it to all models alike.
 */
export function toReasoningInputs(effort: unknown, { entry }: Dialect): JsonObject {
  if (effort === undefined || effort === null) return {};
  const wanted = typeof effort === "string" ? LEVELS.indexOf(effort) : -1;
  if (wanted === -1) {
    throw badRequest(`reasoning_effort must be one of ${LEVELS.join(", ")}.`, "reasoning_effort", "invalid_value");
  }
  if (entry === undefined) return { reasoning_effort: effort };
  const { reasoningEfforts: efforts } = entry;
  if (efforts === undefined) return {};
  if (efforts.length > 0) return { reasoning_effort: nearest(wanted, efforts) };
  return { chat_template_kwargs: { enable_thinking: effort !== "none" } };
}

function nearest(wanted: number, efforts: readonly string[]): string | undefined {
  return efforts
    .map((effort) => ({ effort, distance: LEVELS.indexOf(effort) - wanted }))
    .toSorted((a, b) => Math.abs(a.distance) - Math.abs(b.distance) || b.distance - a.distance)[0]?.effort;
}
