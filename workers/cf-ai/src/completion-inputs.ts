import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { dialectOf } from "./dialect.ts";
import { type ChatInputsOptions, chatInputs } from "./request.ts";

/**
 * The chat that stands for a prompt → the inputs of `env.AI.run`: a real prompt
 * where the model takes one, else the chat of one user message. `raw: true` in the
 * request keeps the model's chat template away from the prompt.
 */
export function completionInputs(chat: JsonObject, options: ChatInputsOptions): JsonObject {
  const inputs = chatInputs(chat, options);
  if (!dialectOf(options.model).entry?.features.includes("prompt")) return inputs;
  const { messages, ...rest } = inputs;
  const first: unknown = Array.isArray(messages) ? messages[0] : undefined;
  return { prompt: isObject(first) ? first["content"] : "", ...rest };
}
