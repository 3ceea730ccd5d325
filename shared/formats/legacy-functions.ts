import { ApiError, badRequest } from "../errors.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { CallForm } from "./chat-writer.ts";

/**
 * OpenAI's function calls from before tools: `functions`, `function_call`, and
 * messages of role function. Pure. For providers that have tools alone.
 * Source: openai/openai-openapi, CreateChatCompletionRequest (deprecated, still in openai 7)
 */

/** How the answer writes a call: in the old form `function_call` stands in place of `tool_calls`, and as the finish reason. */
export function callFormOf(body: JsonObject): CallForm {
  return asksForLegacyFunctions(body) ? "function" : "tools";
}

/** Whether the request names functions in the old form. */
export function asksForLegacyFunctions(body: JsonObject): boolean {
  const { functions } = body;
  return Array.isArray(functions) && functions.length > 0;
}

/**
 * Translates the request in today's form; what is wrong with it is said of the
 * fields that the client wrote. A request without anything of the old form is
 * handed on as it is.
 */
export function translateModern<Translated>(
  body: JsonObject,
  translate: (modern: JsonObject) => Translated,
): Translated {
  if (!hasLegacyForm(body)) return translate(body);
  const modern = toModernRequest(body);
  try {
    return translate(modern);
  } catch (thrown) {
    throw thrown instanceof ApiError && thrown.status === 400 ? inLegacyTerms(thrown, body) : thrown;
  }
}

/**
 * The request with tools in place of functions.
 * `{"functions":[{"name":"f"}],"function_call":{"name":"f"}}`
 * → `{"tools":[{"type":"function","function":{"name":"f"}}],
 *     "tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false}`
 * Throws a 400 that names the field for what is no request of the old form.
 */
export function toModernRequest(body: JsonObject): JsonObject {
  if (!hasLegacyForm(body)) return body;
  const { functions, function_call: choice, messages, ...rest } = body;
  const tools = modernTools(functions, rest);
  const toolChoice = modernChoice(choice, tools !== undefined);
  return {
    ...rest,
    ...(messages !== undefined && { messages: Array.isArray(messages) ? modernMessages(messages) : messages }),
    // The old form has room for one call an answer.
    ...(tools !== undefined && { tools, parallel_tool_calls: false }),
    ...(toolChoice !== undefined && { tool_choice: toolChoice }),
  };
}

function hasLegacyForm({ functions, function_call: choice, messages }: JsonObject): boolean {
  if (isGiven(functions) || isGiven(choice)) return true;
  return Array.isArray(messages) && messages.some(isLegacyMessage);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isLegacyMessage(message: unknown): boolean {
  return isObject(message) && (message["role"] === "function" || isObject(message["function_call"]));
}

function modernTools(functions: unknown, { tools }: JsonObject): JsonObject[] | undefined {
  if (!isGiven(functions)) return undefined;
  if (!Array.isArray(functions)) throw badRequest("functions must be a list.", "functions", "invalid_type");
  if (functions.length === 0) return undefined;
  if (Array.isArray(tools) && tools.length > 0) {
    throw badRequest("functions and tools cannot be given together: use tools.", "functions", "invalid_value");
  }
  return functions.map((declared: unknown, index) => {
    if (isObject(declared)) return { type: "function", function: declared };
    throw badRequest(`functions[${index}] must be an object with a name.`, `functions[${index}]`, "invalid_type");
  });
}

function modernChoice(choice: unknown, hasFunctions: boolean): unknown {
  if (!isGiven(choice)) return undefined;
  if (choice === "none" || choice === "auto") return hasFunctions ? choice : undefined;
  if (!isObject(choice) || typeof choice["name"] !== "string") {
    throw badRequest(
      'function_call must be "none", "auto" or {"name": …} of one of the functions.',
      "function_call",
      "invalid_value",
    );
  }
  if (hasFunctions) return { type: "function", function: { name: choice["name"] } };
  throw badRequest("function_call can only be given together with functions.", "function_call", "invalid_value");
}

/** A call of the history, and whether a result has come for it. */
interface LegacyCall {
  id: string;
  name: unknown;
  answered: boolean;
}

/** The old form pairs a result with its call by the function's name; the ids that tools need are made of the calls' places. */
function modernMessages(messages: readonly unknown[]): unknown[] {
  const calls: LegacyCall[] = [];
  return messages.map((message: unknown, index) => {
    if (!isObject(message) || !isLegacyMessage(message)) return message;
    if (message["role"] === "function") return modernResult(message, calls, index);
    const { function_call: called, ...rest } = message;
    // Some servers write the same call in both forms.
    if (Array.isArray(rest["tool_calls"]) && rest["tool_calls"].length > 0) return rest;
    const id = `function_call_${index}`;
    calls.push({ id, name: isObject(called) ? called["name"] : undefined, answered: false });
    return { ...rest, tool_calls: [{ id, type: "function", function: called }] };
  });
}

function modernResult({ name, ...rest }: JsonObject, calls: readonly LegacyCall[], index: number): JsonObject {
  const named = calls.filter((call) => call.name === name);
  const call = named.find(({ answered }) => !answered) ?? named.at(-1);
  if (call === undefined) {
    const param = `messages[${index}].name`;
    throw badRequest(`${param} must be the name of a function_call in a message before it.`, param, "invalid_value");
  }
  call.answered = true;
  return { ...rest, role: "tool", tool_call_id: call.id };
}

/** What an error says of tools, said of what the client wrote. */
function inLegacyTerms(error: ApiError, body: JsonObject): ApiError {
  const messages: unknown[] = Array.isArray(body["messages"]) ? body["messages"] : [];
  const written = (text: string): string => {
    const history = text.replace(/messages\[(\d+)\]\.tool_calls\[0\](?:\.function)?/g, (path, index: string) =>
      isLegacyMessage(messages[Number(index)]) ? `messages[${index}].function_call` : path,
    );
    if (!asksForLegacyFunctions(body)) return history;
    return history
      .replace(/\btools\[(\d+)\](?:\.function)?/g, "functions[$1]")
      .replace(/\btool_choice(?:\.function)?/g, "function_call");
  };
  return badRequest(written(error.message), error.param === null ? null : written(error.param), error.code);
}
