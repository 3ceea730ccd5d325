import { type JsonObject, tryParseJson } from "../../shared/json.ts";
import type { Spoken } from "./spoken.ts";

/** `{response, usage, tool_calls}`: calls flat and with arguments as an object, JSON mode's answer as an object. */
export function nativeBody({ text, toolCall, usage }: Spoken, jsonMode: boolean): JsonObject {
  const response = text.join("");
  return {
    response: toolCall === undefined ? (jsonMode ? (tryParseJson(response) ?? response) : response) : null,
    ...(toolCall !== undefined && { tool_calls: [{ name: toolCall.name, arguments: toolCall.arguments }] }),
    usage,
  };
}

/** Letters that hide the length of a piece, as the real padding does. */
const PADDING = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Pieces with padding; a call nested, in pieces, closed by an event of nulls; usage last; no finish reason. */
export function nativeEvents({ text, toolCall, usage }: Spoken): string[] {
  const events: JsonObject[] = text.map((response, at) => ({ response, p: PADDING.slice(0, 1 + ((at * 7) % 32)) }));
  if (toolCall !== undefined) {
    const { id, name } = toolCall;
    const closing = { id: null, type: null, index: 0, function: { name: null, arguments: "" } };
    events.push(
      { tool_calls: [{ id, type: "function", index: 0, function: { name } }], p: "abc" },
      ...halves(JSON.stringify(toolCall.arguments)).map((part) => ({
        tool_calls: [{ index: 0, function: { arguments: part } }],
        p: "abcdef",
      })),
      { tool_calls: [closing] },
    );
  }
  return [...events, { response: "", usage }].map((event) => JSON.stringify(event)).concat("[DONE]");
}

/** A text in two parts, so that whoever reads it has to put it together. */
export function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}
