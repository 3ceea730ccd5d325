import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionCreateParams,
  ChatCompletionToolMessageParam,
} from "openai/resources/chat/completions";
import type { JsonObject, Unchecked } from "../json.ts";

/** A chat request as a client sent it: OpenAI's fields by their names, all others as JSON. */
export type ChatRequest = JsonObject & Unchecked<ChatCompletionCreateParams>;

/** A message of it, whoever's. */
export type ChatMessage = JsonObject &
  Unchecked<ChatCompletionAssistantMessageParam> &
  Unchecked<ChatCompletionToolMessageParam>;
