import { EXTENSION_FIELDS } from "@ai-proxy/shared/contract/relay";
import { badRequest } from "@ai-proxy/shared/errors";
import { plainCallId } from "@ai-proxy/shared/formats/tool-call-ids";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";

/**
 * Other vendors' models by way of AI Gateway ("openai/gpt-5"). They take and give
 * their vendor's own form, which is passed on as it is.
 * Source: cloudflare-docs src/content/catalog-models (2026)
 */

const NOT_INPUTS: ReadonlySet<string> = new Set(["model", ...EXTENSION_FIELDS]);

/** Anthropic's models answer in Anthropic's own form: the answer would be paid for, and its text lost. */
export function refuseUntranslated(model: string): void {
  if (!model.startsWith("anthropic/")) return;
  throw badRequest(
    "AI Gateway leaves the answers of Anthropic's models in Anthropic's own form, which is not translated here.",
    "model",
    "unsupported_value",
  );
}

/** The request as it came, without what is the gateway's; call ids without Gemini's signatures. */
export function catalogInputs(body: JsonObject): JsonObject {
  const inputs = Object.fromEntries(Object.entries(body).filter(([name]) => !NOT_INPUTS.has(name)));
  const { messages } = inputs;
  return Array.isArray(messages) ? { ...inputs, messages: messages.map(withPlainIds) } : inputs;
}

function withPlainIds(message: unknown): unknown {
  if (!isObject(message)) return message;
  const { tool_call_id: id, tool_calls: calls } = message;
  return {
    ...message,
    ...(typeof id === "string" && { tool_call_id: plainCallId(id) }),
    ...(Array.isArray(calls) && { tool_calls: calls.map(withPlainId) }),
  };
}

function withPlainId(call: unknown): unknown {
  return isObject(call) && typeof call["id"] === "string" ? { ...call, id: plainCallId(call["id"]) } : call;
}

const ANSWER = new Set([
  "id",
  "object",
  "created",
  "model",
  "choices",
  "usage",
  "system_fingerprint",
  // Fits the length of the chunk that it came in.
  "obfuscation",
  // Cloudflare's own ({"keySource": "Unified"}), and no business of the client's.
  "gatewayMetadata",
]);
const MESSAGE = new Set(["role", "content", "reasoning", "reasoning_content", "refusal", "tool_calls"]);
/** Members that are an answer by themselves. */
const SAYING = ["audio", "images", "function_call"];

/** What stands in an answer, or a chunk, beyond what every answer has: `service_tier`, `citations`. */
export function moreOfAnswer(answer: JsonObject): JsonObject {
  return without(answer, ANSWER);
}

/** What stands in a message, or a delta, beyond what every one has: `audio`, `annotations`, `reasoning_details`. */
export function moreOfMessage(message: JsonObject): JsonObject {
  return without(message, MESSAGE);
}

/** Whether such members say something, or only say more of what is said. */
export function saysMore(more: JsonObject): boolean {
  return SAYING.some((name) => name in more);
}

function without(object: JsonObject, known: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name, value]) => value !== null && !known.has(name)));
}
