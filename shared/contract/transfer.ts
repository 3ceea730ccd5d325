import type { WholeReply } from "./relay.ts";

// How bodies cross from one Worker to another: RPC carries 32 MiB a call.

/** Characters above which a body crosses as bytes; two bytes a character then still fit into one RPC call. */
const LARGEST_TEXT_BODY = 15 * 1024 * 1024;

/** The form in which a body crosses to another Worker; the reverse of `bodyText`. */
export function bodyForRpc(text: string): string | Uint8Array {
  return text.length > LARGEST_TEXT_BODY ? new TextEncoder().encode(text) : text;
}

/** One call carries 32 MiB; what surrounds the body takes some of it. */
export const LARGEST_ANSWER_BYTES = 30 * 1024 * 1024;

/** The form in which an answer, however large, crosses to the gateway. */
export function answerForRpc(answer: string | Uint8Array): WholeReply["body"] {
  const body = typeof answer === "string" ? bodyForRpc(answer) : answer;
  const isLarge = typeof body !== "string" && body.byteLength > LARGEST_ANSWER_BYTES;
  return isLarge ? new Blob([body]).stream() : body;
}

/** The text of a body that came over RPC. */
export function bodyText(body: string | Uint8Array): string {
  return typeof body === "string" ? body : new TextDecoder().decode(body);
}

/** The text of UTF-8 bytes; null for bytes that are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}
