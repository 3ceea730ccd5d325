import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { ChatFormat } from "./formats.ts";
import { type ImageRule, imageTokens, readImage } from "./images.ts";
import { callsText, readCalls, toolResultHeader } from "./tool-calls.ts";
import { descriptionComment, toolDefinitionsText, toolsJson, unions } from "./tool-definitions.ts";

/** What of a request a count belongs to: a message by its place, the tools, or the frame around all (a schema included). */
export type Owner = number | "tools" | "frame";

/** A chat taken apart into texts to count and tokens that are known without. */
export interface ChatPlan {
  /** `behind`: text that stands before it and is counted already; only what `text` adds to it counts. */
  texts: { owner: Owner; text: string; behind?: string }[];
  fixed: { owner: Owner; tokens: number }[];
  /** Paths of parts whose tokens cannot be known from the request (files, audio, images for models of no known rule). */
  uncounted: string[];
  /** Tokens by which rules that OpenAI does not publish may be off, as measured on recorded requests. */
  slack: number;
}

export interface ChatInput {
  messages: unknown[];
  tools: unknown[];
  responseFormat: unknown;
  toolChoice: unknown;
}

/** Takes a chat apart. Throws a 400 that names the field for what OpenAI would refuse too. */
export function planChat(input: ChatInput, format: ChatFormat, images: ImageRule | undefined): ChatPlan {
  const plan: ChatPlan = {
    texts: [],
    fixed: [{ owner: "frame", tokens: format.start + format.reply }],
    uncounted: [],
    slack: format.slack,
  };
  const messages = input.messages.map((message, at) => messageObject(message, at));
  const names = callNames(messages);
  for (const [at, message] of messages.entries()) planMessage(plan, message, at, format, images, names);
  const system = systemText(messages);
  planTools(plan, input, system, format);
  planResponseFormat(plan, input.responseFormat, system !== undefined || input.tools.length > 0, format);
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
  images: ImageRule | undefined,
  names: ReadonlyMap<string, string>,
): void {
  const { role } = message;
  plan.fixed.push({ owner: at, tokens: format.perMessage + (role === "assistant" ? format.perAssistantMessage : 0) });
  const called = calledName(message, names);
  if (format.rolesCount) plan.texts.push({ owner: at, text: called === undefined ? role : toolResultHeader(called) });
  const { name } = message;
  if (typeof name === "string" && role !== "tool" && role !== "function") {
    plan.fixed.push({ owner: at, tokens: format.perName });
    plan.texts.push({ owner: at, text: name });
  }
  planContent(plan, message["content"], at, images);
  planRefusal(plan, message["refusal"], at);
  // The model hears its own answer again: how long it was, only OpenAI knows.
  if (isObject(message["audio"])) plan.uncounted.push(`messages[${at}].audio`);
  planCalls(plan, message, at, format);
}

/** Of which function a message is the result: by the call's id, or in OpenAI's older form by its own name. */
function calledName(message: JsonObject & { role: string }, names: ReadonlyMap<string, string>): string | undefined {
  const { role, name, tool_call_id: id } = message;
  if (role === "function") return typeof name === "string" ? name : undefined;
  return role === "tool" && typeof id === "string" ? names.get(id) : undefined;
}

function planRefusal(plan: ChatPlan, refusal: unknown, at: number): void {
  if (refusal === undefined || refusal === null) return;
  const path = `messages[${at}].refusal`;
  if (typeof refusal !== "string") throw badRequest(`${path} must be a string or null.`, path);
  plan.texts.push({ owner: at, text: refusal });
}

function planContent(plan: ChatPlan, content: unknown, at: number, images: ImageRule | undefined): void {
  const path = `messages[${at}].content`;
  if (content === undefined || content === null) return;
  if (typeof content === "string") {
    plan.texts.push({ owner: at, text: content });
    return;
  }
  if (!Array.isArray(content)) throw badRequest(`${path} must be a string, a list of parts or null.`, path);
  let previous: unknown;
  for (const [index, part] of content.entries()) {
    planPart(plan, part, previous, at, `${path}[${index}]`, images);
    previous = isObject(part) ? part["type"] : undefined;
  }
}

/** @param previous type of the part before it */
function planPart(
  plan: ChatPlan,
  part: unknown,
  previous: unknown,
  at: number,
  path: string,
  images: ImageRule | undefined,
): void {
  if (!isObject(part)) throw badRequest(`${path} must be an object with a type.`, path);
  switch (part["type"]) {
    case "text":
    case "refusal": {
      const text = part[part["type"]];
      if (typeof text !== "string")
        throw badRequest(`${path}.${part["type"]} must be a string.`, `${path}.${part["type"]}`);
      // As recorded: neighbours are one text, in which what stands at their seam merges.
      const neighbour = part["type"] === "text" && previous === "text" ? plan.texts.at(-1) : undefined;
      if (neighbour === undefined) plan.texts.push({ owner: at, text });
      else neighbour.text += text;
      return;
    }
    case "image_url": {
      const image = readImage(part["image_url"], `${path}.image_url`);
      if (images === undefined) {
        plan.uncounted.push(path);
        return;
      }
      const { tokens, slack } = imageTokens(image, images);
      plan.fixed.push({ owner: at, tokens });
      plan.slack += slack;
      return;
    }
    default:
      plan.uncounted.push(path);
  }
}

function planCalls(plan: ChatPlan, message: JsonObject, at: number, format: ChatFormat): void {
  const calls = readCalls(message, `messages[${at}]`);
  if (calls.length === 0) return;
  plan.fixed.push({ owner: at, tokens: calls.length === 1 ? format.perCall : format.perCall - 2 });
  for (const text of callsText(calls)) plan.texts.push({ owner: at, text });
  plan.slack += CALL_SLACK;
}

/** Measured on recorded requests: what nine of ten are within. */
const CALL_SLACK = 2;
const SCHEMA_SLACK = 4;
/** How a union of types is written is not known. */
const UNION_SLACK = 11;
const CHOICE_SLACK = 3;

/** Characters of the system message's end that the definitions are counted behind: the seam merges. */
const SEAM = 64;

function planTools(
  plan: ChatPlan,
  { tools, toolChoice }: ChatInput,
  system: string | undefined,
  format: ChatFormat,
): void {
  if (tools.length === 0) return;
  if (format.tools === "typescript") {
    plan.texts.push({ owner: "tools", text: toolDefinitionsText(tools), behind: system?.slice(-SEAM) ?? "" });
    // They stand in the system message; where there is none, in one made for them.
    plan.fixed.push({ owner: "tools", tokens: format.toolsFrame + (system === undefined ? format.perMessage : 0) });
  } else {
    const indent = format.tools === "indented json" ? 4 : 0;
    plan.texts.push({ owner: "tools", text: toolsJson(tools, indent) });
    plan.fixed.push({ owner: "tools", tokens: format.toolsFrame });
  }
  const { once, each } = format.toolsSlack;
  plan.slack += once + each * tools.length + UNION_SLACK * unions(tools);
  planForcedCall(plan, toolChoice, format);
}

function planForcedCall(plan: ChatPlan, toolChoice: unknown, format: ChatFormat): void {
  const name = isObject(toolChoice) && isObject(toolChoice["function"]) ? toolChoice["function"]["name"] : undefined;
  if (typeof name !== "string" || format.forcedCall === null) return;
  plan.texts.push({ owner: "tools", text: name });
  plan.fixed.push({ owner: "tools", tokens: format.forcedCall });
  plan.slack += CHOICE_SLACK;
}

/** The schema stands in the system message too, about as long as its JSON with its description and the heading. */
function planResponseFormat(plan: ChatPlan, responseFormat: unknown, inSystem: boolean, format: ChatFormat): void {
  if (!isObject(responseFormat) || responseFormat["type"] !== "json_schema" || !format.schemaCounts) return;
  const { schema, description } = isObject(responseFormat["json_schema"]) ? responseFormat["json_schema"] : {};
  if (!isObject(schema)) return;
  plan.texts.push({ owner: "frame", text: descriptionComment(description) + JSON.stringify(schema) });
  plan.fixed.push({ owner: "frame", tokens: inSystem ? 0 : format.perMessage + 1 });
  plan.slack += SCHEMA_SLACK;
}

/** Text of the first system or developer message; undefined when there is none. */
function systemText(messages: (JsonObject & { role: string })[]): string | undefined {
  const system = messages.find(({ role }) => role === "system" || role === "developer");
  if (system === undefined) return undefined;
  const { content } = system;
  if (typeof content === "string") return content;
  const last: unknown = Array.isArray(content) ? content.at(-1) : undefined;
  return isObject(last) && typeof last["text"] === "string" ? last["text"] : "";
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
