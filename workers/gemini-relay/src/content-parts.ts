import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { Part } from "./gemini.ts";
import { readMediaType, toInlineData, toMediaPart, typeByEnding } from "./media.ts";
import type { ModelTraits } from "./model.ts";
import { asText } from "./read.ts";
import { readVideoMetadata } from "./video-metadata.ts";

/** What reading a part needs to know, and where it reports to. */
export interface PartReading {
  traits: ModelTraits;
  /** Gets the names of members that Gemini has nothing for. */
  ignored: Set<string>;
}

/**
 * A message's content → Gemini's parts, empty texts left out: a part without
 * content is a 400 at Gemini. `path` is where the content stands: `messages[2].content`.
 */
export function readContentParts(content: unknown, path: string, reading: PartReading): Part[] {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return textParts(content);
  if (!Array.isArray(content)) throw badRequest(`${path} must be a string or a list of parts.`, path, "invalid_type");
  return content.flatMap((part: unknown, index) => contentPart(part, `${path}[${index}]`, reading));
}

/** Content that is text only (system, tool): its texts, in order. */
export function readContentTexts(content: unknown, path: string, { ignored }: PartReading): string[] {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return [content];
  if (!Array.isArray(content)) throw badRequest(`${path} must be a string or a list of parts.`, path, "invalid_type");
  return content.map((part: unknown, index) => {
    const text = isObject(part) && part["type"] === "text" ? asText(part["text"]) : undefined;
    if (!isObject(part) || text === undefined)
      throw badRequest("Only text parts can stand here.", `${path}[${index}]`, "invalid_value");
    ignoreOthers(part, ["type", "text"], ignored);
    return text;
  });
}

export function textParts(text: string): Part[] {
  return text === "" ? [] : [{ text }];
}

function contentPart(part: unknown, path: string, reading: PartReading): Part[] {
  if (!isObject(part)) throw badRequest(`${path} must be an object with a type.`, path, "invalid_type");
  const { type } = part;
  switch (type) {
    case "text":
    case "refusal":
      ignoreOthers(part, ["type", type], reading.ignored);
      return type === "text" && part["text"] === null ? [] : textParts(required(part, type, path));
    case "image_url":
    case "video_url":
    case "input_audio":
    case "file":
      // Images of earlier answers come with their place, and with their signature.
      ignoreOthers(part, ["type", type, "video_metadata", "index", "extra_content"], reading.ignored);
      return [mediaContent(part, type, path, reading)];
    default:
      throw badRequest(
        `${path}.type is not known; there are text, image_url, input_audio, file and video_url.`,
        `${path}.type`,
        "invalid_value",
      );
  }
}

function mediaContent(
  part: JsonObject,
  type: "image_url" | "video_url" | "input_audio" | "file",
  path: string,
  reading: PartReading,
): Part {
  const param = `${path}.${type}`;
  const given = part[type];
  // Some clients write `"image_url": "https://…"`.
  const holder = isObject(given) ? given : typeof given === "string" ? { url: given } : {};
  if (type === "input_audio") return audio(holder, param, reading);
  const video = readVideoMetadata(holder, param) ?? readVideoMetadata(part, path);
  const media = type === "file" ? file(holder, param, reading) : addressed(holder, param, reading);
  return { ...media, ...(video !== undefined && { videoMetadata: video }) };
}

/** `{"type":"image_url","image_url":{"url":"…"}}`. Gemini's own `detail` of one file is not in v1beta. */
function addressed(holder: JsonObject, path: string, { traits, ignored }: PartReading): Part {
  ignoreOthers(holder, ["url", "format", "video_metadata"], ignored);
  return toMediaPart(required(holder, "url", path), `${path}.url`, traits, { mimeType: formatOf(holder, path) });
}

function audio(holder: JsonObject, path: string, { traits, ignored }: PartReading): Part {
  ignoreOthers(holder, ["data", "format"], ignored);
  const param = `${path}.data`;
  const data = asText(holder["data"]);
  if (data === undefined) throw badRequest(`${param} must be base64 text.`, param, "missing_required_parameter");
  const format = asText(holder["format"]);
  // What the data: URL says is more exact than OpenAI's "wav" or "mp3".
  if (/^[a-z]+:/i.test(data)) return heard(toMediaPart(data, param, traits, { fileName: `.${format}` }), param);
  if (format === undefined || !/^[\w.+-]+$/.test(format)) {
    throw badRequest(
      `${path}.format must name the format: wav, mp3, …`,
      `${path}.format`,
      "missing_required_parameter",
    );
  }
  return { inlineData: toInlineData(`audio/${format}`, data, param) };
}

/** Refuses what the client itself says is no audio. */
function heard(part: Part, param: string): Part {
  const mimeType = part.inlineData?.mimeType ?? part.fileData?.mimeType ?? "audio/";
  if (mimeType.startsWith("audio/")) return part;
  throw badRequest(`${param} must be audio, and is ${mimeType}.`, param, "invalid_value");
}

function file(holder: JsonObject, path: string, { traits, ignored }: PartReading): Part {
  ignoreOthers(holder, ["file_id", "file_data", "filename", "format", "video_metadata"], ignored);
  const id = asText(holder["file_id"]);
  const data = asText(holder["file_data"]);
  const fileName = asText(holder["filename"]);
  const mimeType = formatOf(holder, path);
  if (data !== undefined) {
    const param = `${path}.file_data`;
    // OpenAI's own SDK sends a data: URL; bare base64 is read by the file's name.
    if (/^[a-z]+:/i.test(data)) return toMediaPart(data, param, traits, { mimeType, fileName });
    return { inlineData: toInlineData(mimeType ?? typeByEnding(fileName) ?? "application/pdf", data, param) };
  }
  if (id === undefined) throw badRequest("A file needs file_data or file_id.", path, "missing_required_parameter");
  const param = `${path}.file_id`;
  if (!/^(files\/|https:\/\/|gs:\/\/)/.test(id)) {
    throw badRequest(
      'file_id must name a file at Gemini ("files/…"): files at OpenAI cannot be read from here.',
      param,
      "invalid_value",
    );
  }
  return toMediaPart(id, param, traits, { mimeType, fileName });
}

function formatOf(holder: JsonObject, path: string): string | undefined {
  return readMediaType(asText(holder["format"]), `${path}.format`);
}

/** Reports members that are not known here; null and "auto" ask for nothing. */
function ignoreOthers(holder: JsonObject, known: readonly string[], ignored: Set<string>): void {
  for (const [name, value] of Object.entries(holder)) {
    if (!known.includes(name) && value !== null && value !== "auto") ignored.add(name);
  }
}

function required(part: JsonObject, key: string, path: string): string {
  const text = asText(part[key]);
  if (text !== undefined) return text;
  throw badRequest(`${path}.${key} must be a string.`, `${path}.${key}`, "missing_required_parameter");
}
