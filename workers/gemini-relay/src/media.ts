import { badRequest } from "@ai-proxy/shared/errors";
import type { Blob, Part } from "./gemini.ts";
import type { ModelTraits } from "./model.ts";

/**
 * Files of the client's messages as Gemini's parts. Nothing is fetched here: an
 * address goes to Google as it is. Of web addresses Google takes https only.
 * Source: ai.google.dev/gemini-api/docs/file-input-methods, "External HTTP / Signed URLs"
 */

/** Media types by the ending of a path: of a file that comes by address Gemini needs to be told. */
const TYPES_BY_ENDING: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  heic: "image/heic",
  heif: "image/heif",
  mp3: "audio/mp3",
  wav: "audio/wav",
  ogg: "audio/ogg",
  flac: "audio/flac",
  aac: "audio/aac",
  aiff: "audio/aiff",
  mp4: "video/mp4",
  mov: "video/quicktime",
  webm: "video/webm",
  mpeg: "video/mpeg",
  mpg: "video/mpeg",
  pdf: "application/pdf",
  txt: "text/plain",
  md: "text/plain",
  csv: "text/csv",
  html: "text/html",
  json: "application/json",
};

/** Where files that were uploaded to Gemini live. */
const FILES_API = "https://generativelanguage.googleapis.com/v1beta/";

const MEDIA_TYPE = /^[a-z]+\/[\w.+-]+$/;

/** Characters of a data: URL in which its comma must come. */
const LONGEST_DATA_HEAD = 256;

/** What the client says of a file beside its address or data. */
export interface MediaHints {
  /** Its media type, which wins over what the address says. */
  mimeType?: string | undefined;
  fileName?: string | undefined;
}

/**
 * `data:image/png;base64,AAAA` → inlineData; `https://…`, `gs://…` and `files/…` → fileData.
 * Throws a 400 with `param` for what Gemini cannot be given.
 */
export function toMediaPart(url: string, param: string, traits: ModelTraits, hints: MediaHints = {}): Part {
  if (/^data:/i.test(url)) return { inlineData: readDataUrl(url, param, hints.mimeType) };
  const file = (fileUri: string, mimeType: string | undefined): Part => ({
    fileData: { fileUri, ...(mimeType !== undefined && { mimeType }) },
  });
  if (/^files\/[\w-]+$/.test(url)) return file(FILES_API + url, hints.mimeType);
  if (url.startsWith(`${FILES_API}files/`)) return file(url, hints.mimeType);
  const mimeType = hints.mimeType ?? typeByEnding(hints.fileName) ?? typeByEnding(url);
  if (/^gs:\/\/./i.test(url)) return file(url, mimeType);
  if (!/^https:\/\/./i.test(url)) {
    throw badRequest(
      "Send the file as a data: URL (data:<type>;base64,<data>) or by its https:// address.",
      param,
      "invalid_value",
    );
  }
  if (traits.takesWebAddresses) return file(url, mimeType);
  throw badRequest(
    "This model does not read files from web addresses: send the file as a data: URL.",
    param,
    "unsupported_value",
  );
}

/** `data:image/jpg;charset=x;base64,AAAA` → {mimeType: "image/jpeg", data: "AAAA"} */
function readDataUrl(url: string, param: string, mimeType: string | undefined): Blob {
  const comma = url.slice(0, LONGEST_DATA_HEAD).indexOf(",");
  const [type = "", ...parameters] = url.slice("data:".length, Math.max(comma, 0)).split(";");
  if (comma === -1 || !parameters.some((parameter) => parameter.trim().toLowerCase() === "base64")) {
    throw badRequest("A data: URL must be written as data:<type>;base64,<data>.", param, "invalid_value");
  }
  return toInlineData(mimeType ?? type, url.slice(comma + 1), param);
}

export function toInlineData(type: string, data: string, param: string): Blob {
  const mimeType = type.trim().toLowerCase();
  if (!MEDIA_TYPE.test(mimeType)) throw badRequest("The file's media type is missing.", param, "invalid_value");
  if (data === "") throw badRequest("The file is empty.", param, "invalid_value");
  return { mimeType: mimeType === "image/jpg" ? "image/jpeg" : mimeType, data };
}

/** LiteLLM's `format` of a file: a media type ("video/mp4"), or an ending that tells it ("mp4"). Throws a 400 with `param`. */
export function readMediaType(format: string | undefined, param: string): string | undefined {
  if (format === undefined) return undefined;
  const type = MEDIA_TYPE.test(format) ? format : typeByEnding(`.${format}`);
  if (type !== undefined) return type;
  throw badRequest(`${param} must be a media type: video/mp4, application/pdf, …`, param, "invalid_value");
}

/** "https://x.y/a.PNG?z" → "image/png" */
export function typeByEnding(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const path = name.split(/[?#]/, 1)[0] ?? "";
  const dot = path.lastIndexOf(".");
  return dot === -1 ? undefined : TYPES_BY_ENDING[path.slice(dot + 1).toLowerCase()];
}
