import { toModernRequest } from "@ai-proxy/shared/formats/legacy-functions";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";

/**
 * The functions of which the request demands a call; empty when it demands none.
 * gpt-oss then at times writes the call as its text (cloudflare/ai issue 560).
 */
export function demandedTools({ messages: _, ...body }: JsonObject): ReadonlySet<string> {
  const { tools, tool_choice: choice } = toModernRequest(body);
  const demands = choice === "required" || (isObject(choice) && (choice["type"] === "function" || allowsOnly(choice)));
  if (!demands || !Array.isArray(tools)) return new Set();
  return new Set(tools.flatMap((tool: unknown) => nameOf(isObject(tool) ? tool["function"] : undefined)));
}

/** `allowed_tools` in the mode that demands a call. */
function allowsOnly({ allowed_tools: allowed }: JsonObject): boolean {
  return isObject(allowed) && allowed["mode"] === "required";
}

/**
 * The calls that a text is, when it is nothing but calls of demanded tools:
 * `{"name":"f","arguments":{"a":1}}`, a list of such, `parameters` in place of
 * `arguments`, or the arguments beside the name. Null for every other text.
 */
export function leakedCalls(text: string, demanded: ReadonlySet<string>): JsonObject[] | null {
  if (demanded.size === 0 || !/^\s*[[{]/.test(text)) return null;
  const parsed = tryParseJson(text);
  const candidates: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const calls = candidates.map((candidate) => callOf(candidate, demanded));
  return calls.length > 0 && calls.every((call) => call !== null) ? calls : null;
}

function callOf(candidate: unknown, demanded: ReadonlySet<string>): JsonObject | null {
  const [name] = nameOf(candidate);
  if (!isObject(candidate) || name === undefined || !demanded.has(name)) return null;
  const { name: _name, arguments: args, parameters, ...rest } = candidate;
  return { name, arguments: args ?? parameters ?? rest };
}

function nameOf(value: unknown): string[] {
  return isObject(value) && typeof value["name"] === "string" ? [value["name"]] : [];
}
