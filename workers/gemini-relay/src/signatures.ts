import { THOUGHT_MARK } from "@ai-proxy/shared/formats/tool-call-ids";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { Part } from "./gemini.ts";
import { asText, at, objectsIn } from "./read.ts";

/**
 * Thought signatures: Gemini's encrypted state of its reasoning, which has to
 * come back on the part it came with.
 * Source: ai.google.dev/gemini-api/docs/thought-signatures
 */

/**
 * Google's documented stand-in for a signature that is not known: the history
 * comes from a client that drops fields, or from another model. The validator
 * lets it pass; the model loses the reasoning behind the part.
 */
export const SKIP_SIGNATURE = "skip_thought_signature_validator";

/** `{id, extra_content: {google: {thought_signature}}}` → the id for Gemini, and the signature if there is one. */
export function readCallId(call: JsonObject): { id: string | undefined; signature: string | undefined } {
  const given = asText(call["id"]);
  const { id, signature } = splitCallId(given);
  return { id, signature: messageSignature(call) ?? signature };
}

/** The id without the signature that it carries, in ours and in LiteLLM's way: `call_1__thought__<signature>`. */
export function splitCallId(given: string | undefined): { id: string | undefined; signature: string | undefined } {
  const cut = given?.indexOf(THOUGHT_MARK) ?? -1;
  if (given === undefined || cut === -1) return { id: given, signature: undefined };
  return { id: given.slice(0, cut), signature: wellFormed(given.slice(cut + THOUGHT_MARK.length)) };
}

/** Where a signature goes for a client that gives nothing of a call back but its id. */
export function signedCallId(id: string, signature: string): string {
  return id + THOUGHT_MARK + signature;
}

/** The signature beside a message, a call or an image of the client's history. */
export function messageSignature(holder: JsonObject): string | undefined {
  return wellFormed(asText(at(holder, "extra_content", "google", "thought_signature")));
}

/**
 * The steps of Google's own tools that an answer brought in `extra_content.google.parts`,
 * as the parts they were. Gemini expects toolCall and toolResponse back, and none of
 * the other parts there (thought images, …).
 */
export function ownToolSteps(message: JsonObject): Part[] {
  return objectsIn(at(message, "extra_content", "google", "parts")).flatMap((part): Part[] => {
    const { toolCall, toolResponse } = part;
    const signature = wellFormed(asText(part["thoughtSignature"]));
    const signed = signature !== undefined && { thoughtSignature: signature };
    if (isObject(toolCall)) return [{ toolCall, ...signed }];
    return isObject(toolResponse) ? [{ toolResponse, ...signed }] : [];
  });
}

/** Undefined for text that is not base64, which would be a 400 at Gemini. */
function wellFormed(signature: string | undefined): string | undefined {
  return signature !== undefined && /^[\w+/-]+={0,2}$/.test(signature) ? signature : undefined;
}
