import type { Encoding } from "./encodings.ts";

/** Bytes of a token of the vocabulary or of a special one; undefined for an id that there is not. */
export function tokenBytes(token: number, encoding: Encoding): Uint8Array | undefined {
  return encoding.vocabulary.bytesOf(token) ?? specialBytes(encoding).get(token);
}

/** Text of tokens that all exist; bytes that are no UTF-8 become U+FFFD. */
export function decodeTokens(tokens: readonly number[], encoding: Encoding): string {
  const length = tokens.reduce((sum, token) => sum + (tokenBytes(token, encoding)?.length ?? 0), 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const token of tokens) {
    const part = tokenBytes(token, encoding);
    if (part === undefined) continue;
    bytes.set(part, at);
    at += part.length;
  }
  return decoder.decode(bytes);
}

/** A byte order mark is part of the text here. */
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

const bytesOfSpecial = new WeakMap<Encoding, Map<number, Uint8Array>>();

function specialBytes(encoding: Encoding): Map<number, Uint8Array> {
  let bytes = bytesOfSpecial.get(encoding);
  if (bytes === undefined) {
    bytes = new Map([...encoding.specialTokens].map(([text, token]) => [token, new TextEncoder().encode(text)]));
    bytesOfSpecial.set(encoding, bytes);
  }
  return bytes;
}
