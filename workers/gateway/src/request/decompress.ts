import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { tooLarge } from "./too-large.ts";

/** Content codings of RFC 9110 and RFC 8878. workerd's DecompressionStream has neither br nor zstd; its node:zlib has all. */
const DECODERS = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
} as const;

const TAKEN = "gzip, deflate, br, zstd";

/** The content coding of a body; null for one that is as it was written. Throws a 415 for a coding that is not taken. */
export function contentCoding(headers: Headers): keyof typeof DECODERS | null {
  const coding = (headers.get("content-encoding") ?? "").trim().toLowerCase();
  if (coding === "" || coding === "identity") return null;
  if (isTaken(coding)) return coding;
  throw new ApiError({
    status: 415,
    message: `The content encoding is not taken here. There are: ${TAKEN}.`,
    code: "unsupported_content_encoding",
    param: "content-encoding",
    // RFC 9110, 12.5.3: what a server would have taken.
    headers: { "accept-encoding": TAKEN },
  });
}

/** The bytes behind a content coding. Throws a 413 where they are more than `maxBytes`, a 400 where the coding is broken. */
export function decompress(bytes: Uint8Array, coding: keyof typeof DECODERS, maxBytes: number): Uint8Array {
  try {
    return DECODERS[coding](bytes, { maxOutputLength: maxBytes });
  } catch (thrown) {
    if (thrown instanceof RangeError) throw tooLarge(maxBytes);
    throw badRequest(`The body is not valid ${coding} data.`, "content-encoding", "invalid_content_encoding");
  }
}

function isTaken(coding: string): coding is keyof typeof DECODERS {
  return Object.hasOwn(DECODERS, coding);
}
