import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { ChatFormat } from "./formats.ts";
import { type ImageRule, imageTokens } from "./images.ts";
import { assistantCallText, toolResultHeader } from "./tool-calls.ts";
import { toolDefinitionsText } from "./tool-definitions.ts";

/** What of a request a count belongs to: a message by its place, the tools, or the frame around all. */
export type Owner = number | "tools" | "response_format" | "frame";

/** A chat taken apart into texts to count and tokens that are known without. */
export interface ChatPlan {
  texts: { owner: Owner; text: string }[];
  fixed: { owner: Owner; tokens: number }[];
  /** Paths of parts whose tokens cannot be known from the request (files, audio). */
  uncounted: string[];
  /** Tokens by which rules that OpenAI does not publish may be off, as measured on recorded requests. */
  slack: number;
}

export interface ChatInput {
  messages: unknown[];
  tools: unknown[];
  responseFormat: unknown;
}

/** Takes a chat apart. Throws a 400 that names the field for what OpenAI would refuse too. */
export function planChat(input: ChatInput, format: ChatFormat, images: ImageRule): ChatPlan {
  const plan: ChatPlan = {
    texts: [],
    fixed: [{ owner: "frame", tokens: format.start + format.reply }],
    uncounted: [],
    slack: 0,
  };
  const messages = input.messages.map((message, at) => messageObject(message, at));
  const names = callNames(messages);
  for (const [at, message] of messages.entries()) planMessage(plan, message, at, format, images, names);
  planTools(plan, input.tools, messages, format);
  planResponseFormat(plan, input.responseFormat);
  return plan;
}

function messageObject(message: unknown, at: number): JsonObject & { role: string } {
  if (!isObject(message)) throw badRequest(`messages[${at}] must be an object.`, `messages[${at}]`);
  const { role } = message;
  if (typeof role !== "string") throw badRequest(`messages[${at}].role must be a string.`, `messages[${at}].role`);
  return { ...message, role };
}

function planMessage(
  plan: ChatPlan,
  message: JsonObject & { role: string },
  at: number,
  format: ChatFormat,
  images: ImageRule,
  names: ReadonlyMap<string, string>,
): void {
  const { role } = message;
  plan.fixed.push({ owner: at, tokens: format.perMessage + (role === "assistant" ? format.perAssistantMessage : 0) });
  const called =
    role === "tool" && typeof message["tool_call_id"] === "string" ? names.get(message["tool_call_id"]) : undefined;
  if (format.rolesCount) plan.texts.push({ owner: at, text: called === undefined ? role : toolResultHeader(called) });
  const { name } = message;
  if (typeof name === "string" && role !== "tool") {
    plan.fixed.push({ owner: at, tokens: format.perName });
    plan.texts.push({ owner: at, text: name });
  }
  planContent(plan, message["content"], at, images);
  planCalls(plan, message["tool_calls"], at, format);
}

function planContent(plan: ChatPlan, content: unknown, at: number, images: ImageRule): void {
  const path = `messages[${at}].content`;
  if (content === undefined || content === null) return;
  if (typeof content === "string") {
    plan.texts.push({ owner: at, text: content });
    return;
  }
  if (!Array.isArray(content)) throw badRequest(`${path} must be a string, a list of parts or null.`, path);
  for (const [index, part] of content.entries()) planPart(plan, part, at, `${path}[${index}]`, images);
}

function planPart(plan: ChatPlan, part: unknown, at: number, path: string, images: ImageRule): void {
  if (!isObject(part)) throw badRequest(`${path} must be an object with a type.`, path);
  switch (part["type"]) {
    case "text":
    case "refusal": {
      const text = part[part["type"]];
      if (typeof text !== "string")
        throw badRequest(`${path}.${part["type"]} must be a string.`, `${path}.${part["type"]}`);
      plan.texts.push({ owner: at, text });
      return;
    }
    case "image_url": {
      const tokens = imageTokens(part["image_url"], images, `${path}.image_url`);
      plan.fixed.push({ owner: at, tokens: tokens.tokens });
      plan.slack += tokens.slack;
      return;
    }
    default:
      plan.uncounted.push(path);
  }
}

function planCalls(plan: ChatPlan, calls: unknown, at: number, format: ChatFormat): void {
  if (calls === undefined || calls === null) return;
  const path = `messages[${at}].tool_calls`;
  if (!Array.isArray(calls)) throw badRequest(`${path} must be a list.`, path);
  for (const [index, call] of calls.entries()) {
    const called = isObject(call) && isObject(call["function"]) ? call["function"] : undefined;
    const text = (key: string) => (typeof called?.[key] === "string" ? called[key] : "");
    if (called === undefined || text("name") === "") {
      throw badRequest(`${path}[${index}].function must be an object with a name.`, `${path}[${index}].function`);
    }
    // Every call is a message of its own; the first shares the markers already counted.
    if (index > 0) plan.fixed.push({ owner: at, tokens: format.perMessage + 1 });
    plan.fixed.push({ owner: at, tokens: 2 });
    plan.texts.push({ owner: at, text: assistantCallText(text("name")) }, { owner: at, text: text("arguments") });
    plan.slack += CALL_SLACK;
  }
}

const CALL_SLACK = 2;
const TOOL_SLACK = 2;
const SCHEMA_SLACK = 8;

function planTools(plan: ChatPlan, tools: unknown[], messages: { role: string }[], format: ChatFormat): void {
  if (tools.length === 0) return;
  const hasSystem = messages.some(({ role }) => role === "system" || role === "developer");
  if (format.tools === "typescript") {
    plan.texts.push({ owner: "tools", text: toolDefinitionsText(tools) });
    // They stand in the system message; where there is none, in one made for them.
    plan.fixed.push({ owner: "tools", tokens: hasSystem ? 0 : format.perMessage });
  } else {
    plan.texts.push({ owner: "tools", text: JSON.stringify(tools) });
  }
  plan.slack += TOOL_SLACK * tools.length;
}

function planResponseFormat(plan: ChatPlan, responseFormat: unknown): void {
  if (!isObject(responseFormat) || responseFormat["type"] !== "json_schema") return;
  const schema = isObject(responseFormat["json_schema"]) ? responseFormat["json_schema"]["schema"] : undefined;
  if (!isObject(schema)) return;
  plan.texts.push({ owner: "response_format", text: JSON.stringify(schema) });
  plan.slack += SCHEMA_SLACK;
}

/** tool_call_id → the function's name. */
function callNames(messages: JsonObject[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { tool_calls: calls } of messages) {
    if (!Array.isArray(calls)) continue;
    for (const call of calls) {
      if (!isObject(call) || typeof call["id"] !== "string" || !isObject(call["function"])) continue;
      const name = call["function"]["name"];
      if (typeof name === "string") names.set(call["id"], name);
    }
  }
  return names;
}
