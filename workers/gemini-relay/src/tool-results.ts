import { badRequest } from "@ai-proxy/shared/errors";
import type { ChatMessage } from "@ai-proxy/shared/formats/chat-request";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { type PartReading, readContentParts } from "./content-parts.ts";
import type { Blob, FunctionResponse, Part } from "./gemini.ts";
import type { HistoryCall } from "./tool-call-register.ts";

/**
 * The parts of one turn with the results of one function in the order of its
 * calls. Before Gemini 3 calls have no ids, so order alone pairs them, while
 * OpenAI's clients may give results in any order. Other parts keep their places.
 */
export function inOrderOfCalls(parts: Part[], places: ReadonlyMap<Part, number>): Part[] {
  const byName = new Map<string, Part[]>();
  for (const part of parts) {
    const name = part.functionResponse?.name;
    if (name !== undefined) byName.set(name, [...(byName.get(name) ?? []), part]);
  }
  const place = (part: Part) => places.get(part) ?? 0;
  for (const results of byName.values()) results.sort((a, b) => place(a) - place(b));
  return parts.map((part) => byName.get(part.functionResponse?.name ?? "")?.shift() ?? part);
}

/**
 * A tool message → the functionResponse of its call.
 * `{"content":"{\"temp\":15}"}` of get_weather → `{name: "get_weather", response: {temp: 15}}`
 */
export function toFunctionResponse(
  message: ChatMessage,
  call: HistoryCall,
  path: string,
  reading: PartReading,
): FunctionResponse {
  const { traits } = reading;
  const parts = readContentParts(message.content, `${path}.content`, reading);
  const texts: string[] = [];
  const media: { inlineData: Blob }[] = [];
  for (const part of parts) {
    if (part.text !== undefined) texts.push(part.text);
    else if (part.inlineData !== undefined && traits.takesMediaResults) media.push({ inlineData: part.inlineData });
    else {
      const problem = traits.takesMediaResults
        ? "A file in a tool's result must be inline, as a data: URL."
        : "This model takes only text as a tool's result; Gemini 3 models also take files.";
      throw badRequest(problem, `${path}.content`, "unsupported_value");
    }
  }
  return {
    name: call.name,
    response: responseObject(texts.join("")),
    ...(call.id !== undefined && { id: call.id }),
    ...(media.length > 0 && { parts: media }),
  };
}

/**
 * Gemini takes an object: JSON objects go as they are, anything else as
 * `output`, the key that Google's documentation names. JSON with integers
 * beyond 2^53 stays text, so that no digit is lost.
 */
function responseObject(text: string): JsonObject {
  const value = /\d{16}/.test(text) ? undefined : tryParseJson(text);
  if (isObject(value)) return value;
  return { output: value === undefined ? text : value };
}
