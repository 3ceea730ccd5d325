import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { Part } from "./gemini.ts";
import { inlineData, mediaPart, typeByEnding } from "./media.ts";
import type { ModelTraits } from "./model.ts";
import { asText, at } from "./read.ts";

/**
 * A message's content → Gemini's parts, empty texts left out: a part without
 * content is a 400 at Gemini. `path` is where the content stands: `messages[2].content`.
 */
export function contentParts(content: unknown, path: string, traits: ModelTraits): Part[] {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return textParts(content);
  if (!Array.isArray(content)) throw badRequest(`${path} must be a string or a list of parts.`, path, "invalid_type");
  return content.flatMap((part: unknown, index) => contentPart(part, `${path}[${index}]`, traits));
}

/** Content that is text only (system, tool): its texts, in order. */
export function contentTexts(content: unknown, path: string): string[] {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return [content];
  if (!Array.isArray(content)) throw badRequest(`${path} must be a string or a list of parts.`, path, "invalid_type");
  return content.map((part: unknown, index) => {
    const text = isObject(part) && part["type"] === "text" ? asText(part["text"]) : undefined;
    if (text !== undefined) return text;
    throw badRequest("Only text parts can stand here.", `${path}[${index}]`, "invalid_value");
  });
}

export function textParts(text: string): Part[] {
  return text === "" ? [] : [{ text }];
}

function contentPart(part: unknown, path: string, traits: ModelTraits): Part[] {
  if (!isObject(part)) throw badRequest(`${path} must be an object with a type.`, path, "invalid_type");
  switch (part["type"]) {
    case "text":
      return part["text"] === null ? [] : textParts(required(part, "text", path));
    case "refusal":
      return textParts(required(part, "refusal", path));
    case "image_url":
    case "video_url":
      return [addressed(part, part["type"], path, traits)];
    case "input_audio":
      return [audio(part, path)];
    case "file":
      return [file(part, path, traits)];
    default:
      throw badRequest(
        `${path}.type is not known; there are text, image_url, input_audio, file and video_url.`,
        `${path}.type`,
        "invalid_value",
      );
  }
}

/** `{"type":"image_url","image_url":{"url":"…"}}`; `detail` has no counterpart. */
function addressed(part: JsonObject, type: "image_url" | "video_url", path: string, traits: ModelTraits): Part {
  const url = asText(at(part, type, "url")) ?? asText(part[type]);
  const param = `${path}.${type}.url`;
  if (url === undefined) throw badRequest(`${param} must be a string.`, param, "missing_required_parameter");
  return mediaPart(url, param, traits);
}

function audio(part: JsonObject, path: string): Part {
  const data = asText(at(part, "input_audio", "data"));
  const format = asText(at(part, "input_audio", "format"));
  const param = `${path}.input_audio`;
  if (data === undefined)
    throw badRequest(`${param}.data must be base64 text.`, `${param}.data`, "missing_required_parameter");
  if (format === undefined || !/^[\w.+-]+$/.test(format)) {
    throw badRequest(
      `${param}.format must name the format: wav, mp3, …`,
      `${param}.format`,
      "missing_required_parameter",
    );
  }
  return { inlineData: inlineData(`audio/${format}`, data, `${param}.data`) };
}

function file(part: JsonObject, path: string, traits: ModelTraits): Part {
  const id = asText(at(part, "file", "file_id"));
  const data = asText(at(part, "file", "file_data"));
  const name = asText(at(part, "file", "filename"));
  if (data !== undefined) {
    const param = `${path}.file.file_data`;
    // OpenAI's own SDK sends a data: URL; bare base64 is read by the file's name.
    if (/^[a-z]+:/i.test(data)) return mediaPart(data, param, traits, name);
    return { inlineData: inlineData(typeByEnding(name) ?? "application/pdf", data, param) };
  }
  const param = `${path}.file.file_id`;
  if (id === undefined)
    throw badRequest("A file needs file_data or file_id.", `${path}.file`, "missing_required_parameter");
  if (!/^(files\/|https:\/\/|gs:\/\/)/.test(id)) {
    throw badRequest(
      'file_id must name a file at Gemini ("files/…"): files at OpenAI cannot be read from here.',
      param,
      "invalid_value",
    );
  }
  return mediaPart(id, param, traits, name);
}

function required(part: JsonObject, key: string, path: string): string {
  const text = asText(part[key]);
  if (text !== undefined) return text;
  throw badRequest(`${path}.${key} must be a string.`, `${path}.${key}`, "missing_required_parameter");
}
