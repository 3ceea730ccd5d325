import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";

/** A call as the request has it. */
export interface Call {
  name: string;
  /** JSON text. */
  arguments: string;
}

/** The calls of a message: `tool_calls`, or the `function_call` of OpenAI's older form. Throws a 400 for what is none. */
export function readCalls(message: JsonObject, path: string): Call[] {
  const listed = message["tool_calls"] ?? [];
  if (!Array.isArray(listed)) throw badRequest(`${path}.tool_calls must be a list.`, `${path}.tool_calls`);
  const calls = listed.map((call, at) =>
    readCall(isObject(call) ? (call["function"] ?? call["custom"]) : undefined, `${path}.tool_calls[${at}].function`),
  );
  const single = message["function_call"] ?? undefined;
  return single === undefined ? calls : [...calls, readCall(single, `${path}.function_call`)];
}

function readCall(called: unknown, path: string): Call {
  if (!isObject(called) || typeof called["name"] !== "string") {
    throw badRequest(`${path} must be an object with a name.`, path);
  }
  const input = called["arguments"] ?? called["input"];
  return { name: called["name"], arguments: typeof input === "string" ? input : "" };
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
