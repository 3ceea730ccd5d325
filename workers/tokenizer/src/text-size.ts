import { tokenBytes } from "./encoding/decode.ts";
import type { Encoding } from "./encoding/encodings.ts";
import { tooLarge } from "./request.ts";

/** Bytes that the text of listed tokens may take as JSON. */
const LARGEST_TEXT = 25 * 1024 * 1024;

/** Bytes of JSON for a byte of text: control characters, quotes and backslashes are escaped. */
const JSON_BYTES = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x80 ? JSON.stringify(String.fromCharCode(byte)).length - 2 : 1,
);

/**
 * Throws a 413 for tokens whose text is too large for an answer. It is called before any of that text is made: seven
 * characters of a request can name a token of 128 blanks.
 */
export function checkTextSize(lists: readonly (readonly number[])[], encoding: Encoding, param: string): void {
  let size = 0;
  for (const tokens of lists) {
    for (const token of tokens) {
      for (const byte of tokenBytes(token, encoding) ?? []) size += JSON_BYTES[byte] ?? 1;
      if (size > LARGEST_TEXT) {
        throw tooLarge(`The text of these tokens is larger than ${LARGEST_TEXT} bytes; ask for less at a time.`, param);
      }
    }
  }
}
