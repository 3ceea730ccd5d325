import { ApiError, type ApiErrorOptions } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { AI_GATEWAY_ERRORS, aiGatewayRule, isAiGatewayCode } from "@ai-proxy/shared/upstream/ai-gateway";
import { saysContextOverflow } from "@ai-proxy/shared/upstream/context-overflow";

/** What Workers AI said of a failure, whichever way it said it. */
export interface WorkersAiFailure {
  /** Its internal code: 3040. */
  code: number | undefined;
  /** In its own words, without the code. */
  message: string;
  /** HTTP status, when the answer was a Response. */
  status: number | undefined;
  /** How long it asks to wait, milliseconds. */
  retryAfterMs?: number | undefined;
}

type Rule = Pick<ApiErrorOptions, "status" | "condition" | "code"> &
  Partial<Pick<ApiErrorOptions, "param" | "headers">>;

const ACCOUNT: Rule = { status: 502, condition: "auth", code: "provider_auth_error" };
const BAD_REQUEST: Rule = { status: 400, condition: "bad_request", code: null };
const NO_MODEL: Rule = { status: 404, condition: "model_not_found", code: "model_not_found" };
const TIMEOUT: Rule = { status: 408, condition: "timeout", code: "upstream_timeout" };
const CONTEXT: Rule = { status: 400, condition: "context_length", code: "context_length_exceeded", param: "messages" };
// The free allocation comes back at midnight UTC: OpenAI's SDKs are told not to try again.
const DAILY_QUOTA: Rule = {
  status: 429,
  condition: "quota_exhausted",
  code: "insufficient_quota",
  headers: { "x-should-retry": "false" },
};
/** Our code for 5023. */
export const STREAM_REFUSED = "stream_not_supported";

/**
 * Workers AI's internal codes. README.md prints this table; a test compares the two.
 * Sources: developers.cloudflare.com/workers-ai/platform/errors (2026-09); 5006, 5021,
 * 4006, 5028, 5035, 8001, 8006 and 10000 from reports of users.
 */
export const ERROR_CODES: Readonly<Record<number, Rule>> = {
  ...AI_GATEWAY_ERRORS,
  3003: BAD_REQUEST,
  3006: { status: 413, condition: "too_large", code: "request_too_large" },
  3007: TIMEOUT,
  3008: TIMEOUT,
  3023: ACCOUNT,
  3036: DAILY_QUOTA,
  3039: BAD_REQUEST,
  3040: { status: 429, condition: "overloaded", code: "capacity_exceeded" },
  3041: ACCOUNT,
  3042: NO_MODEL,
  3046: TIMEOUT,
  4006: DAILY_QUOTA,
  5004: BAD_REQUEST,
  5005: BAD_REQUEST,
  5006: BAD_REQUEST,
  5007: { ...NO_MODEL, status: 400 },
  5016: ACCOUNT,
  5018: ACCOUNT,
  5019: BAD_REQUEST,
  5021: CONTEXT,
  5023: { ...BAD_REQUEST, code: STREAM_REFUSED },
  5024: BAD_REQUEST,
  5025: BAD_REQUEST,
  5028: NO_MODEL,
  5035: ACCOUNT,
  8001: BAD_REQUEST,
  8006: BAD_REQUEST,
  10000: ACCOUNT,
};

/** The binding says this without its code too, in the middle of a stream. */
const DAILY_QUOTA_MESSAGE = /daily free allocation/i;

/** Statuses that a client gets as the provider gave them; the others are ours to choose. */
const PASSED_ON: readonly (number | undefined)[] = [400, 404, 413, 422, 429];

/** A table of codes may be older than the status that came with the code; but AI Gateway says 400 of all its own errors. */
function isPassedOn(status: number | undefined, rule: Rule): status is number {
  return PASSED_ON.includes(status) && rule !== CONTEXT && rule.status < 500;
}

/**
 * The error for the client and for routing. `now`: milliseconds since the epoch, for the wait
 * until the daily allocation comes back.
 */
export function failureError({ code, message, status, retryAfterMs }: WorkersAiFailure, now: number): ApiError {
  const rule = ruleFor(message, code, status);
  const { condition } = rule;
  return new ApiError({
    ...rule,
    status: isPassedOn(status, rule) ? status : rule.status,
    message: condition === "auth" ? `Workers AI does not serve this account: ${message}` : message,
    upstreamStatus: status,
    retryAfterMs: rule === DAILY_QUOTA ? untilMidnightUtc(now) : retryAfterMs,
  });
}

function ruleFor(message: string, code: number | undefined, status: number | undefined): Rule {
  if (saysContextOverflow(message)) return CONTEXT;
  if (DAILY_QUOTA_MESSAGE.test(message)) return DAILY_QUOTA;
  const known = code === undefined ? undefined : ERROR_CODES[code];
  if (known === undefined && code !== undefined && isAiGatewayCode(code)) return aiGatewayRule(code, status);
  // OpenAI-shaped models give the HTTP status as the code.
  const given = status ?? (code !== undefined && code >= 400 && code < 600 ? code : undefined);
  return known ?? ruleForStatus(given, code);
}

function ruleForStatus(status: number | undefined, code: number | undefined): Rule {
  switch (status) {
    case undefined:
      // All documented codes of the fifties are about the request.
      return code !== undefined && code >= 5000 && code < 5100 ? BAD_REQUEST : upstreamError(502);
    case 401:
    case 402:
    case 403:
      return ACCOUNT;
    case 404:
      return NO_MODEL;
    case 408:
      return TIMEOUT;
    case 413:
      return { status: 413, condition: "too_large", code: "request_too_large" };
    case 429:
      return { status: 429, condition: "rate_limited", code: "rate_limit_exceeded" };
    case 504:
      return { status: 504, condition: "timeout", code: "upstream_timeout" };
    default:
      return status >= 400 && status < 500
        ? { ...BAD_REQUEST, status: status === 422 ? 422 : 400 }
        : upstreamError(502);
  }
}

function upstreamError(status: number): Rule {
  return { status, condition: "upstream_error", code: "upstream_error" };
}

/**
 * What the binding throws: a plain Error, its code at the head of its message.
 * `Error("3040: Capacity temporarily exceeded")` → {code: 3040, message: "Capacity temporarily exceeded"}
 */
export function thrownFailure(thrown: unknown): WorkersAiFailure {
  return { ...worded(thrown instanceof Error ? thrown.message : String(thrown)), status: undefined };
}

/**
 * The body of a Response that is not 2xx, in any of the forms there are:
 * `{internalCode, description}` (the binding), `{errors: [{code, message}]}` (REST),
 * `{error: [{code, message}]}` (AI Gateway), `{error: {message, code}}` (OpenAI-shaped), or text.
 */
export function responseFailure(status: number, text: string): WorkersAiFailure {
  const body = tryParseJson(text);
  if (isObject(body)) {
    const silent = { code: undefined, message: [body["message"], body["detail"]].find(isText) ?? answeredWith(status) };
    return { ...(bodyFailure(body) ?? silent), status };
  }
  const plain = isText(body) ? body : text;
  const isMessage = plain.length > 0 && plain.length <= 500 && !plain.trimStart().startsWith("<");
  return { ...worded(isMessage ? plain : answeredWith(status)), status };
}

function answeredWith(status: number): string {
  return `Workers AI answered with status ${status}.`;
}

/** The failure that an object reports, in a body or in an event of a stream; undefined when it reports none. */
export function bodyFailure(body: JsonObject): WorkersAiFailure | undefined {
  const { error } = body;
  const listed = [body["errors"], error].flatMap((list): unknown[] => (Array.isArray(list) ? list.slice(0, 1) : []))[0];
  const source = isObject(listed) ? listed : isObject(error) ? error : body;
  const failed =
    source !== body ||
    isText(listed) ||
    isText(error) ||
    body["success"] === false ||
    body["object"] === "error" || // vLLM
    "internalCode" in body;
  if (!failed) return undefined;
  const text = [body["description"], source["message"], listed, error, body["message"]].find(isText);
  const { code, message } = worded(text ?? "Workers AI reported an error without a message.");
  return { code: numberOf(body["internalCode"]) ?? numberOf(source["code"]) ?? code, message, status: undefined };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{1,6}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) ? number : undefined;
}

/**
 * "InferenceUpstreamError: 3040: AiError: Capacity …" → 3040 and "Capacity …"; each prefix may be missing.
 * Some models' servers have their own error object behind the code: `8007: {"error": {"message": "…", "code": 400}}`.
 */
function worded(text: string): { code: number | undefined; message: string } {
  const match = /^(?:[A-Za-z]{1,40}Error: )?(?:(\d{4,5}): )?(?:AiError: )?(?:(\d{4,5}): )?/.exec(text);
  const message = text.slice(match?.[0].length ?? 0);
  const code = numberOf(match?.[1] ?? match?.[2]);
  const inner = message.startsWith("{") ? tryParseJson(message) : undefined;
  const failure = isObject(inner) ? bodyFailure(inner) : undefined;
  if (failure === undefined) return { code, message: message === "" ? text : message };
  // A code of the table says more than the server's status.
  const known = code !== undefined && code in ERROR_CODES;
  return { code: known ? code : (failure.code ?? code), message: failure.message };
}

/** Milliseconds until the free allocation is renewed. Source: workers-ai/platform/pricing, "limits reset daily at 00:00 UTC". */
function untilMidnightUtc(now: number): number {
  const day = 86_400_000;
  return day - (now % day);
}
