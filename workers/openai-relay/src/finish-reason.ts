/** OpenAI's words, Mistral's `model_length`, Z.ai's `sensitive`. */
const CUT_OFF_OR_FILTERED = /length|max_tokens|content_filter|sensitive/;

/**
 * Whether a finish reason says why there is nothing in an answer: one that was cut off or filtered is what it is.
 * Without any, or with `error`, OpenRouter tells of a provider that gave nothing (its docs, "Zero Completion
 * Insurance"; recorded); DeepSeek says `insufficient_system_resource` (its docs, "Create Chat Completion"); vLLM may
 * say `tool_calls` of none (vllm-project/vllm issue 53255).
 */
export function explainsSilence(reason: unknown): boolean {
  return typeof reason === "string" && CUT_OFF_OR_FILTERED.test(reason);
}
