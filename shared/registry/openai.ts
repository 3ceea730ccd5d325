import type { ProviderEntry } from "./model.ts";

export const openai: ProviderEntry = {
  name: "openai",
  binding: "OPENAI_RELAY",
  aliases: { default: "gpt-4", gpt4: "gpt-4", gpt3: "gpt-3.5-turbo" },
  defaultModels: {
    completion: "gpt-3.5-turbo-instruct",
    embedding: "text-embedding-3-small",
    moderation: "omni-moderation-latest",
  },
  families: [/^gpt-/, /^o[1-9]/, /^chatgpt-/, /^text-embedding-/],
  models: [
    {
      id: "gpt-4",
      type: "chat",
      contextWindow: 8_192,
      maxOutputTokens: 8_192,
      input: ["text"],
      output: ["text"],
      features: ["streaming", "tools", "logprobs"],
      price: { input: 30, output: 60 },
      source: "platform.openai.com/docs/models, 2026-11",
    },
  ],
};
