import type { Failure, WholeReply } from "../contract/relay.ts";
import { ApiError, invalidResponse, isFullStack, toApiError, withChanges } from "../errors.ts";
import { errorText, retryAfterHeader } from "../formats/error-body.ts";
import { addUsage, type Usage } from "../formats/usage.ts";

/** A relay's whole answer from an OpenAI-shaped object. */
export function jsonReply(body: unknown, usage: Usage | null, extra: Partial<WholeReply> = {}): WholeReply {
  const headers = { "content-type": "application/json", ...extra.headers };
  return { status: 200, usage, ...extra, body: JSON.stringify(body), headers };
}

/** A failed attempt: OpenAI's error object for the client, and why it failed for routing. */
export type FailedReply = WholeReply & { body: string; failure: Failure };

/**
 * A relay's failed attempt of what was thrown: what the client gets, what routing needs and what was spent come from
 * the one error. `key` and `keysLeft` are the attempt's (attempt.ts).
 */
export function failureReply(thrown: unknown, keys: Pick<Failure, "key" | "keysLeft"> = {}): FailedReply {
  const error = toApiError(thrown);
  return {
    status: error.status,
    headers: { "content-type": "application/json", ...retryAfterHeader(error), ...error.headers },
    body: errorText(error),
    usage: error.usage ?? null,
    ...(error.usageEstimated !== undefined && { usageEstimated: error.usageEstimated }),
    failure: {
      condition: error.condition,
      code: error.code,
      ...(error.upstreamStatus !== undefined && { upstreamStatus: error.upstreamStatus }),
      ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
      ...keys,
    },
  };
}

/** What was thrown while a provider's answer was read. A full stack is that answer's doing, not the request's. */
export function answerError(thrown: unknown): unknown {
  return isFullStack(thrown) ? invalidResponse("The provider's answer is nested too deeply.") : thrown;
}

/** What was thrown, with what other answers of the same attempt have used before it. */
export function withUsageBefore(thrown: unknown, before: Pick<WholeReply, "usage" | "usageEstimated">): ApiError {
  const error = toApiError(thrown);
  if (before.usage === null) return error;
  return withChanges(error, {
    usage: addUsage(before.usage, error.usage ?? null) ?? undefined,
    usageEstimated: before.usageEstimated === true || error.usageEstimated,
  });
}

/** A request that could not reach the provider, or whose connection broke before an answer. */
export function networkError(provider: string, cause: unknown): ApiError {
  return new ApiError({
    status: 502,
    message: `The connection to ${provider} failed.`,
    code: "upstream_unreachable",
    condition: "network",
    cause,
  });
}

/** The gateway no longer wants the answer. */
export function cancelledError(): ApiError {
  return new ApiError({
    status: 499,
    message: "The request was dropped.",
    code: "client_closed_request",
    condition: "cancelled",
  });
}

/** An answer that ended normally and says nothing; with another attempt waiting that is a failure. `spent`: its tokens. */
export function emptyCompletion(provider: string, spent?: Usage | null): ApiError {
  return invalidResponse(`${provider} sent an empty completion.`, "empty_completion", spent);
}

/** A stream that stopped before its end: the provider neither finished its answer nor said so. */
export function cutError(provider: string): ApiError {
  return new ApiError({
    status: 502,
    message: `${provider} broke off its stream before the end of the answer.`,
    code: "upstream_stream_cut",
    condition: "network",
  });
}

/** A deadline passed. `what` says which: "a first byte", "content", "the next chunk", "the whole answer". */
export function deadlineError(provider: string, what: string): ApiError {
  return new ApiError({
    status: 504,
    message: `${provider} did not send ${what} in time.`,
    code: "upstream_timeout",
    condition: "timeout",
  });
}
