import type { ProviderEntry } from "./model.ts";

export const gemini: ProviderEntry = {
  name: "gemini",
  binding: "GEMINI_RELAY",
  aliases: { default: "gemini-pro" },
  families: [/^gemini-/],
  models: [
    {
      id: "gemini-2.5-flash",
      type: "chat",
      contextWindow: 1_048_576,
      maxOutputTokens: 65_536,
      input: ["text", "image", "audio", "video", "file"],
      output: ["text"],
      features: ["streaming", "tools", "json_object", "json_schema", "reasoning", "logprobs"],
      price: { input: 0.3, output: 2.5, cachedInput: 0.03 },
      source: "ai.google.dev/gemini-api/docs/models, 2026-11",
    },
    {
      id: "gemini-pro",
      type: "chat",
      input: ["text"],
      output: ["text"],
      features: ["streaming", "tools"],
      servedBy: "gemini-2.5-pro",
      source: "ai.google.dev/gemini-api/docs/deprecations, 2026-11",
    },
  ],
};
