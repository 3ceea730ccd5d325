import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";

/** Bytes of a request, as the gateway takes them at most by default. */
const LARGEST_BODY = 25 * 1024 * 1024;

/** A request to /v1/tokenize, checked. */
export interface TokenizeBody {
  content: Content;
  returnTokens: boolean;
  returnStrings: boolean;
  /** Only an exact count will do. */
  exact: boolean;
  /** Special tokens that count as such where they stand in a text. */
  allowedSpecial: readonly string[] | "all";
}

export type Content =
  | { kind: "texts"; texts: TextInput[]; list: boolean; param: string }
  | { kind: "chat"; messages: unknown[]; tools: unknown[]; toolChoice: unknown; responseFormat: unknown };

/** A text, or tokens that the client has already (OpenAI's `prompt` and `input` may be lists of ids). */
export type TextInput = string | number[];

export interface DetokenizeBody {
  lists: number[][];
  /** Whether the request had a list of lists. */
  list: boolean;
}

/** Throws 413 for a body that is too large. */
export function requestText(body: string | Uint8Array): string {
  const size = typeof body === "string" ? body.length : body.byteLength;
  if (size > LARGEST_BODY) throw tooLarge(`The request is larger than ${LARGEST_BODY} bytes.`, null);
  return bodyText(body);
}

export function tooLarge(message: string, param: string | null): ApiError {
  return new ApiError({ status: 413, message, param, code: "request_too_large", condition: "too_large" });
}

/** JSON text → a checked request; throws a 400 that names the field at fault. */
export function readTokenizeRequest(text: string): TokenizeBody {
  const body = readObject(text);
  return {
    content: readContent(body),
    returnTokens: readFlag(body, "return_tokens"),
    returnStrings: readFlag(body, "return_strings"),
    exact: readFlag(body, "exact"),
    allowedSpecial: readAllowedSpecial(body["allowed_special"]),
  };
}

export function readDetokenizeRequest(text: string): DetokenizeBody {
  const { tokens } = readObject(text);
  if (!Array.isArray(tokens))
    throw badRequest("tokens must be a list of token ids, or a list of such lists.", "tokens");
  if (tokens.some(Array.isArray)) {
    return { lists: tokens.map((list, at) => readIds(list, `tokens[${at}]`)), list: true };
  }
  return { lists: [readIds(tokens, "tokens")], list: false };
}

function readObject(text: string): JsonObject {
  const body = tryParseJson(text);
  if (!isObject(body)) throw badRequest("The body must be a JSON object.");
  return body;
}

const TEXT_FIELDS = ["text", "input", "prompt"] as const;

function readContent(body: JsonObject): Content {
  const given = [...TEXT_FIELDS, "messages"].filter((field) => body[field] !== undefined && body[field] !== null);
  const [field, second] = given;
  const definitions = ["tools", "functions"].find((name) => body[name] !== undefined && body[name] !== null);
  if (field === undefined && definitions !== undefined) return readChat({ ...body, messages: [] });
  if (field === undefined)
    throw badRequest("One of text, input, prompt and messages is required.", "text", "missing_required_parameter");
  if (second !== undefined) throw badRequest(`Only one of ${field} and ${second} can be counted at a time.`, second);
  if (field === "messages") return readChat(body);
  if (definitions !== undefined) {
    throw badRequest(
      `${definitions} are part of a chat: they are counted with messages, not with ${field}.`,
      definitions,
    );
  }
  return readTexts(body[field], field);
}

function readChat(body: JsonObject): Content {
  const { messages, tool_choice: toolChoice, function_call: functionCall, response_format: responseFormat } = body;
  if (!Array.isArray(messages)) throw badRequest("messages must be a list.", "messages");
  if (partsOf(messages) > MOST_PARTS) {
    throw tooLarge(`At most ${MOST_PARTS} messages and parts of messages are counted at a time.`, "messages");
  }
  return {
    kind: "chat",
    messages,
    tools: [...readList(body, "tools"), ...readFunctions(body)],
    toolChoice: toolChoice ?? (isObject(functionCall) ? { function: functionCall } : undefined),
    responseFormat,
  };
}

/** Messages and parts of their contents: what is planned, and listed in the answer, one by one. */
const MOST_PARTS = 100_000;

function partsOf(messages: unknown[]): number {
  return messages.reduce<number>((sum, message) => {
    const content = isObject(message) ? message["content"] : undefined;
    return sum + 1 + (Array.isArray(content) ? content.length : 0);
  }, 0);
}

function readList(body: JsonObject, field: string): unknown[] {
  const value = body[field] ?? [];
  if (!Array.isArray(value)) throw badRequest(`${field} must be a list.`, field);
  return value;
}

/** `functions`, the form that tools had before there were tools. */
function readFunctions(body: JsonObject): JsonObject[] {
  return readList(body, "functions").map((declared, at) => {
    if (isObject(declared) && typeof declared["name"] === "string") return { type: "function", function: declared };
    throw badRequest(`functions[${at}] must be an object with a name.`, `functions[${at}].name`);
  });
}

function readTexts(value: unknown, param: string): Content {
  if (typeof value === "string") return { kind: "texts", texts: [value], list: false, param };
  if (!Array.isArray(value)) throw badRequest(`${param} must be a string or a list of strings.`, param);
  if (value.length > 0 && value.every((item) => typeof item === "number")) {
    return { kind: "texts", texts: [readIds(value, param)], list: false, param };
  }
  const texts = value.map((item, at) => {
    if (typeof item === "string") return item;
    if (Array.isArray(item)) return readIds(item, `${param}[${at}]`);
    throw badRequest(`${param}[${at}] must be a string.`, `${param}[${at}]`);
  });
  return { kind: "texts", texts, list: true, param };
}

function readIds(value: unknown, param: string): number[] {
  if (!Array.isArray(value)) throw badRequest(`${param} must be a list of token ids.`, param);
  const at = value.findIndex((id) => !Number.isInteger(id) || id < 0);
  if (at !== -1) throw badRequest(`${param}[${at}] must be a token id: a whole number from 0 on.`, `${param}[${at}]`);
  return value;
}

function readFlag(body: JsonObject, field: string): boolean {
  const value = body[field];
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw badRequest(`${field} must be true or false.`, field);
  return value;
}

function readAllowedSpecial(value: unknown): readonly string[] | "all" {
  if (value === undefined || value === null) return [];
  if (value === "all") return value;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw badRequest('allowed_special must be "all" or a list of special tokens.', "allowed_special");
}
