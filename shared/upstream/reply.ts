import type { StreamReply, WholeReply } from "../contract/relay.ts";
import { answerForRpc } from "../contract/transfer.ts";
import { ApiError, invalidResponse, toApiError } from "../errors.ts";
import { errorBody, retryAfterHeader } from "../formats/error-body.ts";
import type { Usage } from "../formats/usage.ts";

/** A relay's whole answer from an OpenAI-shaped object. */
export function jsonReply(body: unknown, usage: Usage | null, extra: Partial<WholeReply> = {}): WholeReply {
  const headers = { "content-type": "application/json", ...extra.headers };
  return { status: 200, usage, ...extra, body: answerForRpc(JSON.stringify(body)), headers };
}

/** A relay's failed attempt. What the client gets and what routing needs come from the one error. */
export function failureReply(thrown: unknown, extra: { keysLeft?: number } = {}): WholeReply & { body: string } {
  const error = toApiError(thrown);
  return {
    status: error.status,
    headers: { "content-type": "application/json", ...retryAfterHeader(error), ...error.headers },
    body: JSON.stringify(errorBody(error)),
    usage: null,
    failure: {
      condition: error.condition,
      code: error.code,
      ...(error.upstreamStatus !== undefined && { upstreamStatus: error.upstreamStatus }),
      ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
      ...extra,
    },
  };
}

/** Runs a relay's method: what it throws becomes a failed attempt, never a broken RPC call. */
export async function replying<Reply extends WholeReply | StreamReply>(
  attempt: () => Promise<Reply>,
): Promise<Reply | WholeReply> {
  try {
    return await attempt();
  } catch (thrown) {
    return failureReply(thrown);
  }
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

/** An answer that ended normally and says nothing; with another attempt waiting that is a failure. */
export function emptyCompletion(provider: string): ApiError {
  return invalidResponse(`${provider} sent an empty completion.`, "empty_completion");
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
