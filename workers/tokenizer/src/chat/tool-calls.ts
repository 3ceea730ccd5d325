import { tryParseJson } from "@ai-proxy/shared/json";

/** A call as the request has it. */
export interface Call {
  name: string;
  /** JSON text. */
  arguments: string;
}

/**
 * The calls of one assistant's message as the model reads them; several are one
 * call of a tool that makes them at once. As recorded: OpenAI does not publish it.
 */
export function callsText(calls: readonly Call[]): string[] {
  const [only] = calls;
  if (only === undefined) return [];
  if (calls.length === 1) return [` to=${toolResultHeader(only.name)}`, only.arguments];
  const uses = calls.map(({ name, arguments: parameters }) => ({
    recipient_name: toolResultHeader(name),
    parameters: tryParseJson(parameters) ?? parameters,
  }));
  return [" to=multi_tool_use.parallel", JSON.stringify({ tool_uses: uses })];
}

/** Who speaks in a tool's message. */
export function toolResultHeader(name: string): string {
  return `functions.${name}`;
}
