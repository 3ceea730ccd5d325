import type { Condition } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { saysContextOverflow } from "@ai-proxy/shared/upstream/context-overflow";

/** What an upstream's error says, beside its status, by which to tell what happened. */
export interface ErrorWords {
  message: string | null;
  type: string | null;
  code: string | null;
  /** The error object as it came, when it has OpenAI's shape. */
  object: JsonObject | null;
}

/** nginx before the upstream has this for a caller that closed its request: the relay is that caller, and did not. */
export const CALLER_GONE = 499;

/** Groq's "flex tier capacity exceeded" (console.groq.com/docs/flex-processing, 2026-11), which is to be tried again. */
export const OUT_OF_CAPACITY = 498;

/** Codes and types of what is paid for, or given, and used up: OpenAI's, Moonshot's, a LiteLLM's. */
const QUOTA = /insufficient_quota|quota_exceeded|exceeded_current_quota|budget_exceeded|billing/;

/** The same where the code does not say so: AI Gateway's own limit (2041), Z.ai (1113), Workers AI (3036, 4006), xAI, OpenRouter. */
const QUOTA_MESSAGE =
  /^spend limit|insufficient balance|daily free allocation|used all available credits|free-models-per-day/i;

/** Limits of a minute, which Cerebras calls request_quota_exceeded and token_quota_exceeded. */
const SOON_RENEWED = /per (?:second|minute)/i;

/** A key or its account that is refused with 400 (xAI, Google) or 412 (Fireworks). */
const REFUSED_KEY = /^(?:incorrect api key provided|api key (?:not valid|expired)|account \S+ is suspended)/i;

/** DashScope's 400 for an account that has not paid. */
const ARREARS = "Arrearage";

/** xAI's 403 for a prompt; OpenRouter hands it on. */
const FLAGGED = /content violates usage guidelines/i;

/** Whether an error with this status refuses our key, or its account, and not the request. */
export function isKeyRefusal(status: number, error: ErrorWords): boolean {
  if (status === 401 || status === 402) return true;
  // Together's 403 is a prompt that is too long (docs.together.ai/docs/error-codes).
  if (status === 403) return !flagsInput(error) && !saysContextOverflow(allWords(error));
  return status >= 400 && status < 500 && (error.code === ARREARS || REFUSED_KEY.test(error.message ?? ""));
}

/**
 * Whether a refused key is of no use for now. One that may not use a single model still serves the others; if it
 * rested, whoever names such a model would set all keys aside.
 */
export function restsKey(status: number, error: ErrorWords): boolean {
  return isKeyRefusal(status, error) && !isAboutModel(status, error);
}

/**
 * A 403 for this model, not for all that the key is good for: OpenAI's "Project … does not have access to model …" and
 * "You are not allowed to sample from this model", Groq's `model_permission_blocked_project`.
 */
export function isAboutModel(status: number, { code, message }: ErrorWords): boolean {
  return status === 403 && (code?.startsWith("model_") === true || /\b(?:access to|this) model\b/i.test(message ?? ""));
}

/** OpenRouter's moderation of the prompt comes with status 403 (openrouter.ai/docs/errors, "Moderation errors"), as xAI's does. */
function flagsInput(error: ErrorWords): boolean {
  const metadata = error.object?.["metadata"];
  const moderated = isObject(metadata) && ("flagged_input" in metadata || "reasons" in metadata);
  return moderated || FLAGGED.test(allWords(error));
}

/** What routing is told of an error. The rows of README.md, "Errors". */
export function conditionOf(status: number, error: ErrorWords): Condition {
  if (isKeyRefusal(status, error)) return "auth";
  if (status === 404) return "model_not_found";
  if (status === 408 || status === 504) return "timeout";
  if (status === 405 || status === 407 || status === CALLER_GONE) return "upstream_error";
  if (status === 503 || status === 529 || status === OUT_OF_CAPACITY) return "overloaded";
  if (status < 400 || status >= 500) return "upstream_error";
  if (isUsedUp(error)) return "quota_exhausted";
  if (status === 429) return "rate_limited";
  if (saysContextOverflow(allWords(error))) return "context_length";
  return status === 413 ? "too_large" : "bad_request";
}

/** The status of an error that came without one, in a stream or in a body with status 200, as LM Studio's do. */
export function saidStatus(error: ErrorWords): number {
  if (isUsedUp(error)) return 429;
  return saysContextOverflow(allWords(error)) ? 400 : 502;
}

/** What is used up, so that waiting does not bring it back. */
function isUsedUp({ message, type, code }: ErrorWords): boolean {
  const words = message ?? "";
  // More tokens than this account may use in a minute: Groq's 413, OpenAI's 429. Another key or provider may take them.
  if (type === "tokens" && /^request too large/i.test(words)) return true;
  return !SOON_RENEWED.test(words) && (QUOTA.test(`${code} ${type}`) || QUOTA_MESSAGE.test(words));
}

/** Its own words, and those of the provider behind it that OpenRouter quotes. */
function allWords({ message, type, code, object }: ErrorWords): string {
  const metadata = object?.["metadata"];
  return `${code} ${type} ${message} ${isObject(metadata) ? metadata["raw"] : ""}`;
}
