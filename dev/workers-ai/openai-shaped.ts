import type { JsonObject } from "../../shared/json.ts";
import { halves } from "./native.ts";
import type { Spoken } from "./spoken.ts";

/** A chat.completion, as the models since 2025 give it. */
export function openaiBody(model: string, { text, reasoning, toolCall, finish, usage }: Spoken): JsonObject {
  const call = toolCall && {
    id: toolCall.id,
    type: "function",
    function: { name: toolCall.name, arguments: JSON.stringify(toolCall.arguments) },
  };
  const message = {
    role: "assistant",
    content: text.length === 0 ? null : text.join(""),
    ...(reasoning.length > 0 && { reasoning_content: reasoning.join("") }),
    tool_calls: call === undefined ? [] : [call],
  };
  return {
    ...envelope(model, "chat.completion"),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish, stop_reason: null }],
    usage,
  };
}

/** Its chunks: role, reasoning, text or call, finish reason, usage when asked for, [DONE]. */
export function openaiEvents(model: string, spoken: Spoken, includeUsage: boolean): string[] {
  const head = envelope(model, "chat.completion.chunk");
  const chunk = (delta: JsonObject, finish: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  });
  const events: JsonObject[] = [
    chunk({ role: "assistant", content: "" }),
    ...spoken.reasoning.map((piece) => chunk({ reasoning_content: piece })),
    ...spoken.text.map((piece) => chunk({ content: piece })),
    ...callDeltas(spoken.toolCall).map((delta) => chunk({ tool_calls: [delta] })),
    chunk({}, spoken.finish),
  ];
  if (includeUsage) events.push({ ...head, choices: [], usage: spoken.usage });
  return events.map((event) => JSON.stringify(event)).concat("[DONE]");
}

function callDeltas(call: Spoken["toolCall"]): JsonObject[] {
  if (call === undefined) return [];
  const parts = halves(JSON.stringify(call.arguments));
  return [
    { index: 0, id: call.id, type: "function", function: { name: call.name, arguments: "" } },
    ...parts.map((part) => ({ index: 0, function: { arguments: part } })),
  ];
}

function envelope(model: string, object: string): JsonObject {
  return { id: `chatcmpl-${crypto.randomUUID()}`, object, created: Math.floor(Date.now() / 1000), model };
}
