/** OpenAI's words, Mistral's `model_length`, Z.ai's `sensitive`. */
const CUT_OFF_OR_FILTERED = /length|max_tokens|content_filter|sensitive/;

/**
 * Whether a finish reason says why there is nothing in an answer: one that was cut off or filtered is what it is.
 * All others may stand beside nothing: none, or `error` (openrouter.ai/docs, "Zero Completion Insurance"),
 * `insufficient_system_resource` (DeepSeek's docs, "Create Chat Completion"), `tool_calls` (vllm-project/vllm issue 53255).
 */
export function explainsSilence(reason: unknown): boolean {
  return typeof reason === "string" && CUT_OFF_OR_FILTERED.test(reason);
}
