import { utf8Text } from "@ai-proxy/shared/contract/transfer";
import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { isJsonContentType, isObject, type JsonObject } from "@ai-proxy/shared/json";
import { clientLeft, unlessLeft } from "./client-left.ts";
import { codingOf, decode } from "./decode.ts";
import { tooLarge } from "./too-large.ts";

/** A request body: parsed once, and as the text that crosses to a relay. */
export interface JsonBody {
  text: string;
  value: JsonObject;
}

/** Reads a JSON object of at most `maxBytes`. Throws 415, 413 or 400. */
export async function readJson(request: Request, maxBytes: number): Promise<JsonBody> {
  if (!isJsonContentType(request.headers.get("content-type"))) {
    throw new ApiError({
      status: 415,
      message: "The content type must be application/json.",
      code: "unsupported_media_type",
      param: "content-type",
    });
  }
  const text = await readText(request, maxBytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the body, which may hold a prompt.
    throw badRequest("The body is not valid JSON.", null, "invalid_json");
  }
  if (!isObject(value)) throw badRequest("The body must be a JSON object.", null, "invalid_json");
  return { text, value };
}

/** The body as text, decompressed. Throws 400, 413, 415, or 499 for a client that left amid it. */
async function readText(request: Request, maxBytes: number): Promise<string> {
  const coding = codingOf(request.headers);
  const bytes = await readBytes(request, maxBytes);
  const text = utf8Text(coding === null ? bytes : await decode(bytes, coding, maxBytes));
  if (text !== null) return text;
  throw badRequest("The body is not valid UTF-8, which JSON has to be (RFC 8259, section 8.1).", null, "invalid_json");
}

/** The body's bytes as they came. Throws 413, or 499 for a client that left amid it. */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (isDeclared(request, maxBytes)) return arriving(request, request.bytes());
  return new Blob(await arriving(request, readChunks(request, maxBytes))).bytes();
}

/** Whether the body says its size beforehand. Throws 413 when it is too large. */
function isDeclared(request: Request, maxBytes: number): boolean {
  const declared = request.headers.get("content-length");
  if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
  return declared !== null;
}

/** A chunked body says its size only by coming. */
async function readChunks(request: Request, maxBytes: number): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return chunks;
}

/** The body once it is here. It breaks off only when the client leaves, which is no fault of the gateway. */
async function arriving<Body>(request: Request, body: Promise<Body>): Promise<Body> {
  try {
    return await unlessLeft(request, body);
  } catch (thrown) {
    throw thrown instanceof ApiError ? thrown : clientLeft();
  }
}
