/**
 * Whether a finish reason says why there is nothing in an answer: one that was cut off or filtered is what it is.
 * Without any, or with `error`, OpenRouter tells of a provider that gave nothing (its docs, "Zero Completion
 * Insurance"; recorded); DeepSeek says `insufficient_system_resource` (its docs, "Create Chat Completion").
 */
export function explainsSilence(reason: unknown): boolean {
  return typeof reason === "string" && !["stop", "error", "insufficient_system_resource", ""].includes(reason);
}
