import { isObject } from "../json.ts";

/** What a `content` that is a list of parts says. */
export interface ContentText {
  text: string;
  reasoning: string;
}

/**
 * Mistral's reasoning models answer in parts. Parts that are neither text nor thinking (references) have no place in
 * OpenAI's answers.
 * `[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"Hi"}]` → {text: "Hi", reasoning: "hm"}
 * Source: docs.mistral.ai/capabilities/reasoning
 */
export function readContentParts(parts: readonly unknown[]): ContentText {
  const read: ContentText = { text: "", reasoning: "" };
  for (const part of parts) {
    if (!isObject(part)) continue;
    if (typeof part["text"] === "string") read.text += part["text"];
    else read.reasoning += thinkingText(part["thinking"]);
  }
  return read;
}

function thinkingText(thinking: unknown): string {
  if (typeof thinking === "string") return thinking;
  return Array.isArray(thinking) ? readContentParts(thinking).text : "";
}
