import { ApiError, invalidResponse, providerAuthError } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { aiGatewayError, readAiGatewayFailure } from "@ai-proxy/shared/upstream/ai-gateway";
import { saysContextOverflow } from "@ai-proxy/shared/upstream/context-overflow";
import { asNumber, asText, objectsIn } from "./read.ts";

/**
 * Google's errors → ours. They come as an object, as a list with one object
 * (streams without alt=sse, its OpenAI endpoint), as `{"error":"text"}`, or
 * from a proxy before it as plain text or HTML.
 */

export const PROVIDER = "Gemini";

/** Error texts longer than this are cut; Google repeats whole schemas in some. */
const LONGEST_MESSAGE = 4_000;

/** What came in place of an answer. */
export interface UpstreamFailure {
  status: number;
  body: string;
  /** From the answer's headers; what Google says in the body counts more. */
  retryAfterMs?: number | undefined;
  /** Key that was used: its value never leaves, should Google repeat it. */
  key?: string;
}

/** An HTTP answer that is no 2xx, as the error that the client gets and routing goes by. */
export function upstreamError(failure: UpstreamFailure): ApiError {
  const parsed = tryParseJson(failure.body);
  const own = readAiGatewayFailure(parsed);
  if (own !== null) {
    const { status, retryAfterMs } = failure;
    const words = withoutKeys(own.message, failure.key).slice(0, LONGEST_MESSAGE);
    return aiGatewayError({ ...own, message: words }, { provider: PROVIDER, status, retryAfterMs });
  }
  const error = readError(parsed) ?? plainError(failure.body);
  const message = error.message === undefined ? undefined : withoutKeys(error.message, failure.key);
  return statusError(failure.status, { ...error, message, retryAfterMs: error.retryAfterMs ?? failure.retryAfterMs });
}

/** The `error` object of an answer that said 200, or of a stream's event; null when there is none. */
export function answeredError(answer: JsonObject): ApiError | null {
  if (answer["error"] === undefined || answer["error"] === null) return null;
  const error = readError(answer) ?? plainError("");
  const message = error.message === undefined ? undefined : withoutKeys(error.message, undefined);
  return statusError(httpStatus(error), { ...error, message });
}

/** Names of google.rpc.Code that stand for another HTTP status than 502. */
const STATUS_NAMES: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** `code` is the HTTP status, or left out, or a number of gRPC's beside the name of it. */
function httpStatus({ code, status = "" }: GoogleError): number {
  if (code !== undefined && code >= 400 && code <= 599) return code;
  return (Object.hasOwn(STATUS_NAMES, status) ? STATUS_NAMES[status] : undefined) ?? 502;
}

interface GoogleError {
  code?: number | undefined;
  message: string | undefined;
  status?: string | undefined;
  /** ErrorInfo.reason: API_KEY_INVALID, … */
  reason?: string | undefined;
  retryAfterMs?: number | undefined;
  /** A quota of a day, not of a minute, is used up. */
  dailyQuota?: boolean;
}

function readError(parsed: unknown): GoogleError | null {
  const holder = first(parsed);
  if (!isObject(holder)) return null;
  const error = first(holder["error"]);
  if (typeof error === "string") return { message: error === "" ? undefined : error };
  if (!isObject(error)) return null;
  const details = objectsIn(error["details"]);
  return {
    code: asNumber(error["code"]),
    message: fullMessage(asText(error["message"]) ?? "", details),
    status: asText(error["status"]),
    reason: details.map((detail) => asText(detail["reason"])).find((reason) => reason !== undefined),
    retryAfterMs: details.map((detail) => readDuration(asText(detail["retryDelay"]))).find((ms) => ms !== undefined),
    dailyQuota: details.some((detail) =>
      objectsIn(detail["violations"]).some((violation) => asText(violation["quotaId"])?.includes("PerDay") === true),
    ),
  };
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

/**
 * The message with what BadRequest details say beyond it; undefined for "".
 * "Request contains an invalid argument." and {field: "contents[0].parts[1]", description: "Bad type"}
 * → "Request contains an invalid argument. (contents[0].parts[1]: Bad type)"
 */
function fullMessage(message: string, details: JsonObject[]): string | undefined {
  const unsaid = details
    .flatMap((detail) => objectsIn(detail["fieldViolations"]))
    .flatMap((violation) => {
      const description = asText(violation["description"]) ?? "";
      if (description === "" || message.includes(description)) return [];
      return [[asText(violation["field"]) ?? "", description].filter((text) => text !== "").join(": ")];
    });
  const full = unsaid.length === 0 ? message : `${message} (${unsaid.join("; ")})`.trim();
  return full === "" ? undefined : full;
}

/** Text that is no JSON is shown when a person wrote it, not when it is a page. */
function plainError(body: string): GoogleError {
  const text = body.trim();
  return { message: text === "" || text.startsWith("<") || text.startsWith("{") ? undefined : text };
}

function statusError(status: number, error: GoogleError): ApiError {
  const { retryAfterMs } = error;
  const message = error.message?.slice(0, LONGEST_MESSAGE);
  const usedUp = error.dailyQuota === true || UNPAID.test(message ?? "");
  const common = { retryAfterMs, upstreamStatus: status };
  if (status === 403 && message !== undefined && OTHERS_PROPERTY.test(message)) {
    const code = message.includes("tuned model") ? "model_not_accessible" : "file_not_accessible";
    return new ApiError({ ...common, status: 502, message, code, condition: "auth" });
  }
  if (isAuth(status, error)) return providerAuthError(PROVIDER, status);
  switch (status) {
    case 400:
      return new ApiError({
        ...common,
        ...badRequestKind(error),
        status,
        message: message ?? "Gemini refused the request.",
      });
    case 404:
      return notFound(message, common);
    case 413:
    case 422:
      return new ApiError({ ...common, status, message: message ?? "Gemini refused the request." });
    case 429:
      return new ApiError({
        ...common,
        status,
        message: message ?? "Gemini's rate limit is reached.",
        code: usedUp ? "insufficient_quota" : "rate_limit_exceeded",
        condition: usedUp ? "quota_exhausted" : "rate_limited",
      });
    case 408:
    case 504:
      return new ApiError({
        ...common,
        status: 504,
        message: message ?? "Gemini took too long.",
        code: "upstream_timeout",
      });
    case 503:
    case 529:
      return new ApiError({
        ...common,
        status: 502,
        message: message ?? "Gemini is overloaded.",
        code: "upstream_overloaded",
        condition: "overloaded",
      });
    default:
      return new ApiError({
        ...common,
        status: 502,
        message: message ?? `Gemini answered with status ${status}.`,
        code: "upstream_error",
      });
  }
}

/**
 * The request names a file, a cached content or a tuned model that this key's project does not
 * own. Another key may be of the project that does; this one need not rest.
 */
const OTHERS_PROPERTY = /^You do not have permission to access (?:the )?\w+ |^CachedContent not found/;

/** Money, not time, is what this quota waits for. */
const UNPAID = /prepayment credits are depleted|spending cap/i;

/** Our key, not the caller's, is at fault. A bad key is a 400 at Google. */
function isAuth(status: number, { reason, message }: GoogleError): boolean {
  if (status === 401 || status === 402 || status === 403) return true;
  return (
    status === 400 && (reason?.startsWith("API_KEY_") === true || /^API key (not valid|expired)/i.test(message ?? ""))
  );
}

type Kind = Pick<ConstructorParameters<typeof ApiError>[0], "code" | "condition">;

function badRequestKind({ message = "", status }: GoogleError): Kind {
  if (saysContextOverflow(message)) {
    return { code: "context_length_exceeded", condition: "context_length" };
  }
  // Google serves no requests from some places where Workers run: not the caller's fault, another provider may help.
  if (status === "FAILED_PRECONDITION" && /location is not supported/i.test(message)) {
    return { code: "unsupported_location", condition: "upstream_error" };
  }
  return { condition: "bad_request" };
}

/** Models are not found, and cached contents and files too. */
function notFound(message: string | undefined, common: { upstreamStatus: number }): ApiError {
  const model = message === undefined || /^models\/|\bmodel\b/i.test(message);
  return new ApiError({
    ...common,
    status: 404,
    message: message ?? "Gemini does not know this model.",
    param: model ? "model" : null,
    code: model ? "model_not_found" : null,
    condition: model ? "model_not_found" : "bad_request",
  });
}

/** "34.4s" → 34400 */
function readDuration(text: string | undefined): number | undefined {
  const seconds = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(text ?? "")?.[1];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
}

function withoutKeys(message: string, key: string | undefined): string {
  const hidden = key === undefined || key === "" ? message : message.replaceAll(key, "[key]");
  return hidden.replace(/AIza[\w-]{20,}/g, "[key]");
}

/** An answer that is not what the API promises. */
export function unreadable(): ApiError {
  return invalidResponse("Gemini's answer could not be read.");
}
