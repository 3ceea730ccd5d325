import { ApiError, type ApiErrorOptions, providerAuthError } from "@ai-proxy/shared/errors";
import type { Usage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { aiGatewayError, readAiGatewayFailure } from "@ai-proxy/shared/upstream/ai-gateway";
import type { ReadRefusal, Refusal } from "@ai-proxy/shared/upstream/provider-api";
import type { ErrorEnvelope, ErrorShape } from "./answer-shapes.ts";
import {
  CALLER_GONE,
  conditionOf,
  type ErrorWords,
  isAboutModel,
  isKeyRefusal,
  OUT_OF_CAPACITY,
  restsKey,
  saidStatus,
} from "./classify-error.ts";
import { clientHeaders } from "./client-headers.ts";
import { redact, redactObject } from "./redact.ts";

export interface ErrorContext {
  provider: string;
  /** Values that must not appear in what the client gets. */
  secrets: readonly string[];
  /** Tokens that were spent before the error, where the answer tells. */
  spent?: Usage | null;
}

/** Longest plain text that is taken for a message; what is longer is a page. */
const LONGEST_PLAIN_MESSAGE = 300;

/** What an answer that is no success means, and whether the key that was used should rest. */
export function readRefusal(refusal: Refusal, context: ErrorContext): ReadRefusal {
  const own = aiGatewayRefusal(refusal, context);
  if (own !== null) return own;
  const read = readError(refusal.body, context.secrets);
  return { error: refusalError(refusal, read, context), restsKey: restsKey(refusal.status, read) };
}

/** An error that is AI Gateway's and not the upstream's. The key that it holds or passes on rests where that is refused. */
function aiGatewayRefusal(refusal: Refusal, { provider, secrets }: ErrorContext): ReadRefusal | null {
  const failure = readAiGatewayFailure(tryParseJson(refusal.body));
  if (failure === null) return null;
  const { status, retryAfterMs, headers } = refusal;
  const message = redact(failure.message, secrets);
  const error = aiGatewayError(
    { ...failure, message },
    { provider, status, retryAfterMs, headers: redactAll(clientHeaders(headers), secrets) },
  );
  return { error, restsKey: error.code === "provider_auth_error" };
}

/**
 * Its message reaches the client, its status by the table in README.md. An error object of
 * OpenAI's shape keeps all it holds: `failed_generation`, `metadata`, ….
 */
function refusalError(refusal: Refusal, read: ReadError, { provider, secrets }: ErrorContext): ApiError {
  const status = clientStatus(refusal.status);
  return (
    keyRefusal(provider, refusal.status, read) ??
    new ApiError({
      status,
      message: read.message ?? `${provider} answered with status ${refusal.status}.`,
      code: read.code,
      param: read.param,
      condition: conditionOf(refusal.status, read),
      retryAfterMs: refusal.retryAfterMs,
      upstreamStatus: refusal.status,
      headers: redactAll(clientHeaders(refusal.headers), secrets),
      ...typeOf(read, status),
      ...detailsOf(read),
    })
  );
}

/**
 * Whether a body with status 200, or an event of a stream, reports an error: in OpenAI's envelope,
 * or as {"object": "error", "message": …} (vLLM, Mistral). An empty `error` beside an answer is none.
 */
export function reportsError({ error, object }: ErrorEnvelope): boolean {
  if (object === "error") return true;
  if (Array.isArray(error)) return error.length > 0;
  return isObject(error) ? Object.keys(error).length > 0 : text(error) !== null;
}

/** An error that came as an event of a stream, or in a body with status 200. */
export function upstreamErrorEvent(value: JsonObject, { provider, secrets, spent }: ErrorContext): ApiError {
  const clean = redactObject(value, secrets);
  const own = readAiGatewayFailure(clean);
  if (own !== null) return aiGatewayError(own, { provider, usage: spent ?? undefined });
  const read = readErrorValue(clean);
  const status = isErrorStatus(read.number) ? read.number : saidStatus(read);
  const forClient = clientStatus(status);
  return (
    keyRefusal(provider, status, read) ??
    new ApiError({
      status: forClient,
      message: read.message ?? `${provider} reported an error.`,
      code: read.code,
      param: read.param,
      condition: conditionOf(status, read),
      upstreamStatus: status,
      usage: spent ?? undefined,
      ...typeOf(read, forClient),
      ...detailsOf(read),
    })
  );
}

/** The error for a refused key; null when none was. What an account may not use, or has not paid for, is told: it holds no key. */
function keyRefusal(provider: string, status: number, read: ReadError): ApiError | null {
  if (status < 401 || status > 403 || !isKeyRefusal(status, read)) return null;
  const isTold = status === 402 || isAboutModel(status, read);
  return providerAuthError(provider, status, isTold ? read.message : null);
}

interface ReadError extends ErrorWords {
  param: string | null;
  /** A status that stands in the error itself. */
  number: number | null;
}

function readError(body: string, secrets: readonly string[]): ReadError {
  const parsed = tryParseJson(body);
  // Google's OpenAI-compatible endpoint wraps its error in a list.
  const value = Array.isArray(parsed) ? parsed[0] : parsed;
  if (isObject(value)) return readErrorValue(redactObject(value, secrets));
  const plain = typeof value === "string" ? value.trim() : parsed === undefined ? body.trim() : "";
  const isMessage = plain !== "" && plain.length <= LONGEST_PLAIN_MESSAGE && !plain.startsWith("<");
  const message = isMessage ? redact(plain, secrets) : null;
  return { message, type: null, param: null, code: null, number: null, object: null };
}

function readErrorValue(value: JsonObject): ReadError {
  const { error, httpCode }: ErrorEnvelope = value;
  const object = isObject(error) ? error : null;
  const source: ErrorShape = object ?? firstListed(value) ?? value;
  const { code, type, param, status, status_code } = source;
  return {
    message: errorMessage(source) ?? messageText(error) ?? errorMessage(value),
    type: text(type),
    param: text(param),
    code: typeof code === "number" ? String(code) : text(code),
    number: [code, status, status_code, httpCode].map(Number).find(isErrorStatus) ?? null,
    object,
  };
}

/** Cloudflare's lists: `errors` of its REST API, `error` of AI Gateway ([{code: 2009, message: "Unauthorized"}]). */
function firstListed({ error, errors }: ErrorEnvelope): JsonObject | undefined {
  const list = Array.isArray(error) ? error : errors;
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  return isObject(first) ? first : undefined;
}

/** Without OpenAI's envelope: {"error": "…"} (Ollama), {"message": …} (Mistral), {"detail": …} (FastAPI servers). */
function errorMessage({ message, detail, errors }: ErrorShape): string | null {
  return messageText(message) ?? messageText(detail) ?? messageText(errors);
}

/** A message, or what some servers put in its place: an object with one inside, or a list of such. */
function messageText(value: unknown): string | null {
  if (Array.isArray(value)) return detailText(value);
  if (!isObject(value)) return text(value);
  return errorMessage(value) ?? messageText(value["error"]);
}

/** FastAPI's list of problems: [{"loc": ["body", "messages"], "msg": "field required"}]; other lists by their texts. */
function detailText(detail: readonly unknown[]): string | null {
  const lines = detail.flatMap((item) => {
    const message = isObject(item) ? (text(item["msg"]) ?? text(item["message"])) : text(item);
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

/** All that an error in OpenAI's envelope holds. */
function detailsOf({ object }: ReadError): Pick<ApiErrorOptions, "details"> {
  return object === null ? {} : { details: object };
}

/** Faults of the request keep their status; those of the upstream, or of our settings, are a 502 or a 504. */
function clientStatus(status: number): number {
  if (status === 408 || status === 504) return 504;
  // The path or the proxy in the settings is wrong, or the server is full: not the request's fault.
  if ([405, 407, OUT_OF_CAPACITY, CALLER_GONE].includes(status)) return 502;
  return status >= 400 && status < 500 ? status : 502;
}

function redactAll(headers: Record<string, string>, secrets: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, redact(value, secrets)]));
}
