import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { tooLarge } from "./too-large.ts";

/** Content codings that a JSON body may have (RFC 9110 §8.4.1), and the function of node:zlib for each. */
const DECODERS = {
  gzip: "gunzipSync",
  deflate: "inflateSync",
  br: "brotliDecompressSync",
  zstd: "zstdDecompressSync",
} as const;

type Coding = keyof typeof DECODERS;

const TAKEN = Object.keys(DECODERS).join(", ");

/** ZSTD_d_windowLogMax: a frame may ask for a window of 128 MB, which is an isolate's whole memory. */
const ZSTD_WINDOW = { 100: 25 };

/** The coding of a body; null for one that is sent as it is. Throws a 415 for others, and for several at once. */
export function codingOf(headers: Headers): Coding | null {
  const name = (headers.get("content-encoding") ?? "").trim().toLowerCase().replace(/^x-/, "");
  if (name === "" || name === "identity") return null;
  if (isCoding(name)) return name;
  throw new ApiError({
    status: 415,
    message: `The content encoding \`${name.slice(0, 64)}\` is not taken here. Taken are ${TAKEN}, one of them, or none.`,
    code: "unsupported_content_encoding",
    param: "content-encoding",
    // RFC 9110 §15.5.16 has it for this case.
    headers: { "accept-encoding": TAKEN },
  });
}

/** The decoded body. Throws a 413 as soon as it grows past `maxBytes`, and a 400 for what cannot be decoded. */
export async function decode(bytes: Uint8Array, coding: Coding, maxBytes: number): Promise<Uint8Array> {
  // Loaded only by requests that need it.
  const zlib = await import("node:zlib");
  try {
    return zlib[DECODERS[coding]](bytes, {
      maxOutputLength: maxBytes,
      ...(coding === "zstd" && { params: ZSTD_WINDOW }),
    });
  } catch (thrown) {
    if (thrown instanceof RangeError) throw tooLarge(maxBytes);
    throw badRequest(`The body is not valid ${coding} data.`, "content-encoding", "invalid_content_encoding");
  }
}

function isCoding(name: string): name is Coding {
  return Object.hasOwn(DECODERS, name);
}
