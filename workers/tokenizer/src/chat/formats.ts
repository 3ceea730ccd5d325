/** What a chat's messages cost beyond their text, in tokens. */
export interface ChatFormat {
  /** Once, before the first message. */
  start: number;
  /** Each message's markers; its role is counted as text. */
  perMessage: number;
  /** Further for an assistant's message. */
  perAssistantMessage: number;
  /** A message's `name`, beyond its text. */
  perName: number;
  /** What opens the answer. */
  reply: number;
  /** Whether `role` is text of the prompt. */
  rolesCount: boolean;
  /** Tool definitions: OpenAI's TypeScript in the system message, or the request's JSON. */
  tools: "typescript" | "json";
}

export type ChatFormatName = "openai" | "openai-reasoning" | "gpt-oss" | "llama-3" | "llama-4" | "gemini" | "chatml";

const openai: ChatFormat = {
  start: 0,
  // <|im_start|>{role}<|im_sep|>…<|im_end|>; the answer opens with <|im_start|>assistant<|im_sep|>.
  // Source: OpenAI cookbook, How_to_count_tokens_with_tiktoken; equal in all recorded chats without tools.
  perMessage: 3,
  perAssistantMessage: 0,
  perName: 1,
  reply: 3,
  rolesCount: true,
  tools: "typescript",
};

const llama: ChatFormat = {
  // <|begin_of_text|>, then <|header_start|>{role}<|header_end|>\n\n…<|eot|> a message.
  // Source: meta-llama/llama-models, models/llama3 and llama4 chat_format.py.
  start: 1,
  perMessage: 4,
  perAssistantMessage: 0,
  perName: 0,
  reply: 4,
  rolesCount: true,
  tools: "json",
};

export const chatFormats: Record<ChatFormatName, ChatFormat> = {
  openai,
  // As recorded: the answer opens with <|start|>assistant and no separator; earlier answers carry their channel.
  "openai-reasoning": { ...openai, perAssistantMessage: 2, reply: 2 },
  // openai/harmony: like the above, behind a system message of its own (identity, dates, channels).
  "gpt-oss": { ...openai, start: 66, perAssistantMessage: 2, reply: 2 },
  "llama-3": llama,
  "llama-4": llama,
  // ai.google.dev/gemini-api/docs/tokens: a chat of 5 + 3 tokens of text counts 10.
  gemini: { start: 0, perMessage: 1, perAssistantMessage: 0, perName: 0, reply: 0, rolesCount: false, tools: "json" },
  // <|im_start|>{role}\n…<|im_end|>\n; Qwen and many others.
  chatml: { ...openai, perMessage: 4, perName: 0, tools: "json" },
};
