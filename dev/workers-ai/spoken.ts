import { piecesOf, type Reply, roughTokens } from "../replies.ts";

/** A reply as a model speaks it: in pieces, cut at the token limit, counted. */
export interface Spoken {
  reasoning: string[];
  text: string[];
  toolCall: { id: string; name: string; arguments: Record<string, unknown> } | undefined;
  finish: "stop" | "length" | "tool_calls";
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

/** A piece counts as a token. */
export function speak(reply: Reply, { prompt, maxTokens }: { prompt: string; maxTokens: number }): Spoken {
  const reasoning = piecesOf(reply.reasoning ?? "").slice(0, maxTokens);
  const whole = piecesOf(reply.text);
  const text = whole.slice(0, Math.max(0, maxTokens - reasoning.length));
  const { toolCall } = reply;
  const cut = text.length < whole.length;
  const called = toolCall === undefined ? 0 : roughTokens(toolCall.name + JSON.stringify(toolCall.arguments));
  const completion = reasoning.length + text.length + called;
  const tokens = roughTokens(prompt);
  return {
    reasoning,
    text,
    toolCall: toolCall && { id: `chatcmpl-tool-${crypto.randomUUID().replaceAll("-", "")}`, ...toolCall },
    finish: cut ? "length" : toolCall === undefined ? "stop" : "tool_calls",
    usage: { prompt_tokens: tokens, completion_tokens: completion, total_tokens: tokens + completion },
  };
}
