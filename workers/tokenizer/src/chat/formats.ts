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
  /** Tool definitions: OpenAI's TypeScript in the system message, or the request's JSON, on one line or on many. */
  tools: "typescript" | "json" | "indented json";
  /** Beyond the text of the definitions, if there are any. */
  toolsFrame: number;
  /** What a count with tools may be off by: once, and for each tool. */
  toolsSlack: { once: number; each: number };
  /** An assistant's message that calls, beyond the call's text. */
  perCall: number;
  /** A `tool_choice` that names a function; null where it is no text of the prompt. */
  forcedCall: number | null;
  /** Whether a response format's schema is text of the prompt; elsewhere it bounds the sampling only. */
  schemaCounts: boolean;
  /** Tokens by which even a chat of plain text may be off. */
  slack: number;
}

export type ChatFormatName =
  | "openai"
  | "openai-search"
  | "openai-reasoning"
  | "gpt-oss"
  | "llama-3.0"
  | "llama-3"
  | "llama-4"
  | "gemini"
  | "chatml";

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
  // OpenAI does not publish these; as recorded.
  toolsFrame: -1,
  toolsSlack: { once: 0, each: 2 },
  perCall: 2,
  forcedCall: 6,
  schemaCounts: true,
  slack: 0,
};

const llama4: ChatFormat = {
  // <|begin_of_text|>, then <|header_start|>{role}<|header_end|>\n\n…<|eot|> a message.
  // Source: meta-llama/llama-models, models/llama3 and llama4 chat_format.py.
  start: 1,
  perMessage: 4,
  perAssistantMessage: 0,
  perName: 0,
  reply: 4,
  rolesCount: true,
  tools: "indented json",
  // The chat template's instructions on calling, as recorded at two hosts.
  toolsFrame: 500,
  toolsSlack: { once: 60, each: 20 },
  perCall: 2,
  forcedCall: null,
  schemaCounts: false,
  slack: 0,
};

const llama30: ChatFormat = {
  ...llama4,
  tools: "json",
  toolsFrame: 150,
  toolsSlack: { once: 60, each: 20 },
};

export const chatFormats: Record<ChatFormatName, ChatFormat> = {
  openai,
  // The search models are not told all of the chat; as recorded they count up to 11 tokens less.
  "openai-search": { ...openai, slack: 12 },
  // As recorded: the answer opens with <|start|>assistant and no separator; earlier answers carry their
  // channel; with tools there are instructions on channels.
  "openai-reasoning": {
    ...openai,
    perAssistantMessage: 2,
    reply: 2,
    toolsFrame: 81,
    toolsSlack: { once: 2, each: 2 },
    perCall: 6,
    forcedCall: null,
  },
  // openai/harmony: like the above, behind a system message of its own (identity, dates, channels) that hosts vary.
  "gpt-oss": {
    ...openai,
    start: 63,
    perAssistantMessage: 2,
    reply: 2,
    toolsFrame: 10,
    toolsSlack: { once: 60, each: 30 },
    perCall: 6,
    forcedCall: null,
    schemaCounts: true,
    slack: 6,
  },
  "llama-3.0": llama30,
  // From 3.1 on with a system message of its own, on dates, 25 tokens as recorded at two hosts.
  "llama-3": { ...llama30, start: 26, slack: 12 },
  "llama-4": llama4,
  // ai.google.dev/gemini-api/docs/tokens: a chat of 5 + 3 tokens of text counts 10.
  gemini: {
    ...llama4,
    start: 0,
    perMessage: 1,
    reply: 0,
    rolesCount: false,
    tools: "json",
    toolsFrame: 0,
    toolsSlack: { once: 20, each: 20 },
    slack: 2,
  },
  // <|im_start|>{role}\n…<|im_end|>\n; Qwen and many others. Its instructions on calling as recorded from llama.cpp.
  chatml: {
    ...openai,
    perMessage: 4,
    perName: 0,
    tools: "json",
    toolsFrame: 92,
    toolsSlack: { once: 60, each: 10 },
    forcedCall: null,
    schemaCounts: false,
    slack: 4,
  },
};
