import type { FinishReason } from "@ai-proxy/shared/formats/chat-events";

/**
 * OpenAI's finish reason for what a model gave; native answers give none.
 * A call among the answer makes every clean end `tool_calls`; an end at
 * the token limit stays `length`, with or without one. "error" and the like are no end: null.
 */
export function finishReason(given: string | undefined, hasToolCalls: boolean): FinishReason | null {
  switch (given) {
    case "length":
    case "model_length":
    case "max_tokens":
      return "length";
    case "content_filter":
      return "content_filter";
    case "error":
    case "abort":
    // DeepSeek's word for a server that ran out of resources in the middle.
    case "insufficient_system_resource":
      return null;
    // A call in the form before tools: other vendors' models take and give it.
    case "function_call":
      return hasToolCalls ? "tool_calls" : "function_call";
    default:
      return hasToolCalls ? "tool_calls" : "stop";
  }
}
