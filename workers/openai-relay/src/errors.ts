import type { WholeReply } from "@ai-proxy/shared/contract/relay";
import { ApiError, type ApiErrorOptions, type Condition, errorBody, providerAuthError } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { failureReply } from "@ai-proxy/shared/reply";
import { readRetryAfter } from "@ai-proxy/shared/retry-after";
import { clientHeaders } from "./headers.ts";
import { redact } from "./redact.ts";

/** An upstream's answer with a status that is no success. */
export interface ErrorAnswer {
  status: number;
  headers: Headers;
  body: string;
}

export interface ErrorContext {
  provider: string;
  /** Values that must not appear in what the client gets. */
  secrets: readonly string[];
  /** Keys that have not been refused yet. */
  keysLeft: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Longest plain text that is taken for a message; what is longer is a page. */
const LONGEST_PLAIN_MESSAGE = 300;

/** A refused key: the caller's own key is not at fault, and another key may be better. */
export function refusesKey(status: number): boolean {
  return status === 401 || status === 402 || status === 403;
}

/**
 * An upstream's error as a failed attempt. Its message reaches the client, its
 * status by the table in README.md; an OpenAI-shaped error object keeps all it
 * holds (`failed_generation`, `metadata`, …), with the four keys that OpenAI's
 * always has.
 */
export function errorReply(answer: ErrorAnswer, context: ErrorContext): WholeReply {
  const { provider, secrets, keysLeft, now } = context;
  if (refusesKey(answer.status)) return failureReply(providerAuthError(provider, answer.status), { keysLeft });
  const read = readError(answer.body);
  const status = clientStatus(answer.status);
  const error = new ApiError({
    status,
    message: redact(read.message ?? `${provider} answered with status ${answer.status}.`, secrets),
    code: read.code,
    param: read.param,
    condition: conditionOf(answer.status, read),
    retryAfterMs: readRetryAfter(answer.headers, now),
    upstreamStatus: answer.status,
    headers: redactAll(clientHeaders(answer.headers), secrets),
    ...typeOf(read, status),
  });
  const reply = failureReply(error, { keysLeft });
  if (read.object === null) return reply;
  const merged = { error: { ...read.object, ...errorBody(error).error } };
  return { ...reply, body: redact(JSON.stringify(merged), secrets) };
}

/** An error that came as an event of a stream, or in a body with status 200. */
export function upstreamErrorEvent(value: JsonObject, provider: string): ApiError {
  const read = readErrorValue(value);
  const status = isErrorStatus(read.number) ? read.number : 502;
  if (refusesKey(status)) return providerAuthError(provider, status);
  const forClient = clientStatus(status);
  return new ApiError({
    status: forClient,
    message: read.message ?? `${provider} reported an error.`,
    code: read.code,
    param: read.param,
    condition: conditionOf(status, read),
    upstreamStatus: status,
    ...typeOf(read, forClient),
  });
}

interface ReadError {
  message: string | null;
  type: string | null;
  param: string | null;
  code: string | null;
  /** A status that stands in the error itself. */
  number: number | null;
  /** The error object as it came, when it has OpenAI's shape. */
  object: JsonObject | null;
}

function readError(body: string): ReadError {
  const parsed = tryParseJson(body);
  // Google's OpenAI-compatible endpoint wraps its error in a list.
  const value = Array.isArray(parsed) ? parsed[0] : parsed;
  if (isObject(value)) return readErrorValue(value);
  const text = body.trim();
  const plain = text !== "" && text.length <= LONGEST_PLAIN_MESSAGE && !text.startsWith("<") && parsed === undefined;
  return { message: plain ? text : null, type: null, param: null, code: null, number: null, object: null };
}

function readErrorValue(value: JsonObject): ReadError {
  const { error } = value;
  const object = isObject(error) ? error : null;
  // Without OpenAI's envelope: {"error": "…"} (Ollama), {"message": …} (Mistral), {"detail": …} (FastAPI servers).
  const source = object ?? value;
  const { code } = source;
  return {
    message: text(source["message"]) ?? text(error) ?? text(value["detail"]) ?? detailText(value["detail"]),
    type: text(source["type"]),
    param: text(source["param"]),
    code: typeof code === "number" ? String(code) : text(code),
    number: [code, source["status"], source["status_code"]].map(Number).find(isErrorStatus) ?? null,
    object,
  };
}

/** FastAPI's list of problems: [{"loc": ["body", "messages"], "msg": "field required"}] */
function detailText(detail: unknown): string | null {
  if (!Array.isArray(detail)) return null;
  const lines = detail.flatMap((item) => {
    const message = isObject(item) ? text(item["msg"]) : null;
    if (message === null) return [];
    const place = isObject(item) && Array.isArray(item["loc"]) ? `${item["loc"].join(".")}: ` : "";
    return [place + message];
  });
  return lines.length === 0 ? null : lines.join("; ");
}

function text(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

function isErrorStatus(value: number | null): value is number {
  return value !== null && Number.isInteger(value) && value >= 400 && value < 600;
}

function typeOf({ type }: ReadError, status: number): Pick<ApiErrorOptions, "type"> {
  if (type !== null) return { type };
  // OpenAI's own word for every fault of the request, 404 and 413 among them.
  return status < 500 && status !== 429 ? { type: "invalid_request_error" } : {};
}

/** Faults of the request stay what they are; faults of the upstream, or of our settings, are a gateway's. */
function clientStatus(status: number): number {
  if (status === 408 || status === 504) return 504;
  // The path or the proxy in the settings is wrong, not the request.
  if (status === 405 || status === 407) return 502;
  return status >= 400 && status < 500 ? status : 502;
}

const CONTEXT_LENGTH = /context.{0,20}(?:length|window|size)|maximum.{0,20}context/i;

function conditionOf(status: number, { code, type, message }: ReadError): Condition {
  const words = `${code} ${type}`;
  if (status === 429)
    return /insufficient_quota|quota_exceeded|billing/.test(words) ? "quota_exhausted" : "rate_limited";
  if (status === 413) return "too_large";
  if (status === 404) return "model_not_found";
  if (status === 408 || status === 504) return "timeout";
  if (status === 405 || status === 407) return "upstream_error";
  if (status === 503 || status === 529) return "overloaded";
  if (status < 400 || status >= 500) return "upstream_error";
  return CONTEXT_LENGTH.test(words) || CONTEXT_LENGTH.test(message ?? "") ? "context_length" : "bad_request";
}

function redactAll(headers: Record<string, string>, secrets: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, redact(value, secrets)]));
}
