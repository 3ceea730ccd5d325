import { badRequest } from "../errors.ts";
import type { JsonObject } from "../json.ts";

/** What Gemini and Workers AI can read: 32 bits. */
const MOST = 2 ** 31 - 1;

/** "No limit", as llama.cpp has it and its web UI sends it. Source: ggml-org/llama.cpp tools/server/README.md, n_predict */
const NO_LIMIT = -1;

/**
 * Most tokens of the answer, for providers that want at least one: `max_completion_tokens`, the current
 * name, else `max_tokens`. Undefined for no limit. Throws a 400 that names the field.
 */
export function readAnswerLimit(body: JsonObject): number | undefined {
  const name = ["max_completion_tokens", "max_tokens"].find((field) => (body[field] ?? null) !== null);
  if (name === undefined) return undefined;
  const value = body[name];
  if (value === NO_LIMIT) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MOST) return value;
  const problem = `${name} must be a whole number from 1 to ${MOST} with this provider, or -1 for no limit.`;
  throw badRequest(problem, name, typeof value === "number" ? "invalid_value" : "invalid_type");
}
