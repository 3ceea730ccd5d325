/**
 * Whether a finish reason says why there is nothing in an answer: one that was cut off or filtered is what it is.
 * Without any, or with `error`, OpenRouter tells of a provider that gave nothing (its docs, "Zero Completion
 * Insurance"; recorded).
 */
export function explainsSilence(reason: unknown): boolean {
  return typeof reason === "string" && !["stop", "error", ""].includes(reason);
}
