import type { ProviderEntry } from "./model.ts";

export const cloudflare: ProviderEntry = {
  name: "cloudflare",
  binding: "CF_AI",
  aliases: {
    default: "@cf/meta/llama-4-scout-17b-16e-instruct",
    llama4: "@cf/meta/llama-4-scout-17b-16e-instruct",
  },
  idPrefix: "@cf/",
  families: [/^@hf\//],
  models: [
    {
      id: "@cf/meta/llama-4-scout-17b-16e-instruct",
      type: "chat",
      contextWindow: 131_000,
      maxOutputTokens: 131_000,
      input: ["text", "image"],
      output: ["text"],
      features: ["streaming", "tools", "json_object", "json_schema", "prompt"],
      price: { input: 0.27, output: 0.85 },
      source: "developers.cloudflare.com/workers-ai/models, 2026-11",
    },
  ],
};
