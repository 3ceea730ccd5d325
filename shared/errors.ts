import type { JsonObject } from "./json.ts";
import type { Usage } from "./usage.ts";

/**
 * The one error class of the mesh and its one serializer. Code throws an
 * ApiError where it notices the problem; the edge (the gateway's router, a
 * relay's entrypoint) catches it once.
 */

/**
 * What went wrong, in the terms that routing decides by. The gateway's retry
 * table (workers/gateway/src/routing) says for each what is tried again where.
 */
export type Condition =
  | "bad_request"
  | "model_not_found"
  | "context_length"
  | "too_large"
  | "rate_limited"
  | "quota_exhausted"
  | "auth"
  | "overloaded"
  | "upstream_error"
  | "timeout"
  | "network"
  | "invalid_response"
  | "empty_completion"
  | "cancelled"
  | "internal";

export interface ApiErrorOptions {
  /** HTTP status for the client. */
  status: number;
  message: string;
  /** OpenAI's `type`; derived from the status when absent. */
  type?: string;
  code?: string | null;
  /** Path of the field at fault, as OpenAI writes it: `messages[0].role`. */
  param?: string | null;
  condition?: Condition;
  /** How long the provider asks to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** Status that the provider answered with, when it did. */
  upstreamStatus?: number | undefined;
  /** Further headers for the client (`allow`, `retry-after`, …), lower-case names. */
  headers?: Record<string, string>;
  /** The provider's error object, where it has more than OpenAI's four keys: `metadata`, `failed_generation`, … */
  details?: JsonObject;
  /** Tokens that were spent all the same, when it failed after the model had begun. */
  usage?: Usage | undefined;
  /** The counts of `usage` are ours, not the provider's. */
  usageEstimated?: boolean | undefined;
  cause?: unknown;
}

export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  readonly condition: Condition;
  readonly retryAfterMs: number | undefined;
  readonly upstreamStatus: number | undefined;
  readonly headers: Record<string, string>;
  readonly details: JsonObject;
  readonly usage: Usage | undefined;
  readonly usageEstimated: boolean | undefined;

  constructor(options: ApiErrorOptions) {
    super(options.message, { cause: options.cause });
    this.name = "ApiError";
    this.status = options.status;
    this.type = options.type ?? typeForStatus(options.status);
    this.param = options.param ?? null;
    this.condition = options.condition ?? conditionForStatus(options.status);
    // A failure that is not the caller's always has a code to tell it by.
    this.code = options.code ?? (options.status >= 500 ? this.condition : null);
    this.retryAfterMs = options.retryAfterMs;
    this.upstreamStatus = options.upstreamStatus;
    this.headers = options.headers ?? {};
    this.details = options.details ?? {};
    this.usage = options.usage;
    this.usageEstimated = options.usageEstimated;
  }
}

/** The same error, with this of it changed. */
export function withChanges(error: ApiError, changes: Partial<ApiErrorOptions>): ApiError {
  return new ApiError({ ...error, message: error.message, cause: error.cause, ...changes });
}

/** What was thrown as an ApiError, with the tokens that the provider had counted by then; null for none. */
export function withUsage(thrown: unknown, usage: Usage | null): ApiError {
  const error = toApiError(thrown);
  return usage === null || error.usage !== undefined ? error : withChanges(error, { usage });
}

/** A 400 that names the field at fault. `param` as OpenAI writes it: `tools[2].function.name`. */
export function badRequest(message: string, param: string | null = null, code: string | null = null): ApiError {
  return new ApiError({ status: 400, message, param, code });
}

/** The provider's answer cannot be used; another attempt may do better. `spent`: the tokens that it cost, where it says so. */
export function invalidResponse(message: string, code = "invalid_upstream_response", spent?: Usage | null): ApiError {
  return new ApiError({
    status: 502,
    message,
    code,
    condition: code === "empty_completion" ? "empty_completion" : "invalid_response",
    usage: spent ?? undefined,
  });
}

/**
 * Our key was refused by the provider: the caller's own key is not at fault, so never a 401. `said`: the provider's
 * words, where they are sure to hold nothing of the key.
 */
export function providerAuthError(provider: string, upstreamStatus: number, said?: string | null): ApiError {
  return new ApiError({
    status: 502,
    message: `The gateway's credentials for ${provider} were refused. The operator has to check them.${said ? ` ${said}` : ""}`,
    code: "provider_auth_error",
    condition: "auth",
    upstreamStatus,
  });
}

/** The operator has to set something before this can be served; `message` names the setting, never its value. */
export function notConfigured(message: string): ApiError {
  return new ApiError({ status: 503, message, code: "not_configured", condition: "auth" });
}

/**
 * Any thrown value as an ApiError; what is not one becomes a 500 that says
 * nothing of the inside. A full stack is the caller's doing: only what a request
 * nests is walked by recursion, and JSON.parse takes any depth.
 */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (isFullStack(thrown)) return badRequest("The request is nested too deeply.", null, "invalid_value");
  return new ApiError({
    status: 500,
    message: "The gateway failed to handle the request.",
    code: "internal_error",
    condition: "internal",
    cause: thrown,
  });
}

/** What V8 throws when a recursion, JSON.stringify's too, goes too deep. */
export function isFullStack(thrown: unknown): boolean {
  return thrown instanceof RangeError && thrown.message.includes("call stack");
}

function typeForStatus(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  if (status === 504 || status === 408) return "timeout_error";
  if (status < 500) return "invalid_request_error";
  if (status === 503) return "service_unavailable";
  if (status === 500) return "server_error";
  return "upstream_error";
}

function conditionForStatus(status: number): Condition {
  if (status === 401 || status === 402 || status === 403) return "auth";
  if (status === 404) return "model_not_found";
  if (status === 408 || status === 504) return "timeout";
  if (status === 413) return "too_large";
  if (status === 429) return "rate_limited";
  if (status === 503 || status === 529) return "overloaded";
  if (status < 500) return "bad_request";
  return "upstream_error";
}
