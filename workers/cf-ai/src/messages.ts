import { badRequest } from "@ai-proxy/shared/errors";
import type { ChatMessage } from "@ai-proxy/shared/formats/chat-request";
import { readCallArguments } from "@ai-proxy/shared/formats/tool-call-arguments";
import { plainCallId } from "@ai-proxy/shared/formats/tool-call-ids";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { Dialect } from "./dialect.ts";
import { modelToolCallId } from "./tool-call-ids.ts";

/**
 * OpenAI's messages in the form that Workers AI takes. Text alone is always a
 * string: models without vision refuse lists ("array not in string"), and
 * the others read both. Throws a 400 that names the field.
 */
export function toWorkersAiMessages(messages: unknown, dialect: Dialect): JsonObject[] {
  if (!Array.isArray(messages)) throw badRequest("messages must be a list of messages.", "messages", "invalid_type");
  const toolNames = new Map<string, string>();
  return messages.map((message: unknown, at) => {
    const path = `messages[${at}]`;
    if (!isObject(message)) throw badRequest(`${path} must be an object with a role.`, path, "invalid_type");
    switch (message.role) {
      case "system":
      case "developer":
        return { role: "system", content: textContent(message.content, `${path}.content`), ...named(message) };
      case "user":
        return {
          role: "user",
          content: userContent(message.content, `${path}.content`, dialect),
          ...named(message),
        };
      case "assistant":
        return assistantMessage(message, path, dialect, toolNames);
      case "tool":
        return toolMessage(message, path, toolNames);
      default:
        throw badRequest(
          `${path}.role must be system, developer, user, assistant or tool.`,
          `${path}.role`,
          "invalid_value",
        );
    }
  });
}

function assistantMessage(
  message: ChatMessage,
  path: string,
  dialect: Dialect,
  names: Map<string, string>,
): JsonObject {
  if (isObject(message.audio)) {
    throw badRequest(
      "Workers AI keeps no audio answers. Put what was said into content.",
      `${path}.audio`,
      "unsupported_parameter",
    );
  }
  const { content, refusal } = message;
  const reasoning = message["reasoning_content"] ?? message["reasoning"];
  const calls = historyCalls(message.tool_calls, `${path}.tool_calls`, names);
  // The binding's schema refuses null, which is what OpenAI's clients send beside tool calls.
  const text = content === null || content === undefined ? "" : textContent(content, `${path}.content`);
  return {
    role: "assistant",
    content: text === "" && typeof refusal === "string" ? refusal : text,
    ...named(message),
    ...(calls.length > 0 && { tool_calls: calls }),
    // Reasoning has a field of its own where the model has one, and is never part of what was said.
    // Source of the name: cloudflare/ai convert-to-workersai-chat-messages.ts (vLLM's input field).
    ...(dialect.schema !== "native" && typeof reasoning === "string" && reasoning !== "" && { reasoning }),
  };
}

function historyCalls(calls: unknown, path: string, names: Map<string, string>): JsonObject[] {
  if (calls === null || calls === undefined) return [];
  if (!Array.isArray(calls)) throw badRequest(`${path} must be a list.`, path, "invalid_type");
  return calls.map((call: unknown, at) => {
    const source = isObject(call) && isObject(call["function"]) ? call["function"] : undefined;
    const id = isObject(call) ? call["id"] : undefined;
    const name = source?.["name"];
    if (typeof id !== "string" || id === "") {
      throw badRequest(`${path}[${at}].id must be a string.`, `${path}[${at}].id`, "invalid_type");
    }
    if (typeof name !== "string" || name === "") {
      throw badRequest(
        `${path}[${at}].function.name must be a string; only function calls can be sent to Workers AI.`,
        `${path}[${at}].function.name`,
        "invalid_type",
      );
    }
    names.set(plainCallId(id), name);
    const args = historyArguments(source?.["arguments"], `${path}[${at}].function.arguments`);
    return { id: modelToolCallId(id, name), type: "function", function: { name, arguments: args } };
  });
}

/** As text. Chat templates parse it, so what is not JSON fails here with a 400 and not in the model. */
function historyArguments(value: unknown, path: string): string {
  const args = readCallArguments(value);
  if (args !== undefined)
    return typeof value === "string" && Object.keys(args).length > 0 ? value : JSON.stringify(args);
  throw badRequest(`${path} must be the text of a JSON object.`, path, "invalid_value");
}

function toolMessage(message: ChatMessage, path: string, names: ReadonlyMap<string, string>): JsonObject {
  const { tool_call_id: id, content } = message;
  if (typeof id !== "string" || id === "") {
    throw badRequest(
      `${path}.tool_call_id must be the id of the call it answers.`,
      `${path}.tool_call_id`,
      "invalid_type",
    );
  }
  const text = content === null || content === undefined ? "" : textContent(content, `${path}.content`);
  const name = names.get(plainCallId(id));
  return { role: "tool", tool_call_id: modelToolCallId(id, name), content: text, ...(name !== undefined && { name }) };
}

function userContent(content: unknown, path: string, dialect: Dialect): string | JsonObject[] {
  if (!Array.isArray(content) || !content.some(isImage)) return textContent(content, path);
  if (!dialect.images) {
    const at = content.findIndex(isImage);
    throw badRequest(
      `This model takes no images. Leave ${path}[${at}] out, or use a model with vision.`,
      `${path}[${at}]`,
      "unsupported_value",
    );
  }
  return content.map((part: unknown, at) =>
    isImage(part) ? imagePart(part, `${path}[${at}]`) : { type: "text", text: partText(part, `${path}[${at}]`) },
  );
}

function isImage(part: unknown): part is JsonObject {
  return isObject(part) && part["type"] === "image_url";
}

/** Workers AI fetches nothing: "HTTP URL will not be accepted" (its model pages). */
function imagePart(part: JsonObject, path: string): JsonObject {
  const image = part["image_url"];
  const url = isObject(image) ? image["url"] : image;
  const detail = isObject(image) ? image["detail"] : undefined;
  if (typeof url !== "string" || !/^data:image\/[\w.+-]{1,40}[;,]/i.test(url.slice(0, 64))) {
    throw badRequest(
      `${path}.image_url.url must be a data: URI of an image (data:image/png;base64,…): Workers AI fetches no URLs and reads no other files.`,
      `${path}.image_url.url`,
      "invalid_image_url",
    );
  }
  return { type: "image_url", image_url: { url, ...(typeof detail === "string" && { detail }) } };
}

/** A string as it is; the texts of a list of parts, a line each. */
function textContent(content: unknown, path: string): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) {
    throw badRequest(`${path} must be a string or a list of parts.`, path, "invalid_type");
  }
  return content.map((part: unknown, at) => partText(part, `${path}[${at}]`)).join("\n");
}

function partText(part: unknown, path: string): string {
  const type = isObject(part) ? part["type"] : undefined;
  const text = isObject(part) ? (type === "refusal" ? part["refusal"] : part["text"]) : undefined;
  if (type === "text" || type === "refusal") {
    if (typeof text === "string") return text;
    throw badRequest(`${path}.${type} must be a string.`, `${path}.${type}`, "invalid_type");
  }
  throw badRequest(
    `${path}: Workers AI takes text and, with models that have vision, image_url parts in user messages; no ${type === "input_audio" ? "audio" : type === "file" ? "files" : "others"}.`,
    `${path}.type`,
    "unsupported_value",
  );
}

function named({ name }: JsonObject): { name?: string } {
  return typeof name === "string" && name !== "" ? { name } : {};
}
