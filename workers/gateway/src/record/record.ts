import type { AttemptRecord, AuditRecord } from "@ai-proxy/shared/contract/audit";
import type { StreamEnd } from "@ai-proxy/shared/contract/relay";
import { type AttemptOutcome, type CountedUsage, countedUsage, type Outcome } from "./outcome.ts";

/** What is known of every request that was admitted. */
export interface RequestFacts {
  requestId: string;
  sessionId: string;
  /** Who asked. */
  caller: string;
  /** Pathname of the route. */
  route: string;
  method: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** HTTP status of the answer. */
  status: number;
}

/** How its answer went on after its first byte. */
export interface RequestEnd {
  /** Milliseconds from the start to the first byte of the answer, and to its end. */
  firstByteMs: number;
  totalMs: number;
  /** Null for a whole answer. */
  streamEnd: StreamEnd | null;
  /** What each attempt used, in the order of `outcome.attempts`. */
  attemptUsages: readonly (CountedUsage | null)[];
}

/** The record of a request that has ended, every text of it within its bound. */
export function toRecord(request: RequestFacts, outcome: Outcome, end: RequestEnd): AuditRecord {
  const { streamEnd } = end;
  const answerUsage = streamEnd === null ? (outcome.usage ?? null) : countedUsage(streamEnd);
  const attempts = outcome.attempts ?? [];
  return bounded({
    record_id: crypto.randomUUID(),
    request_id: request.requestId,
    time: request.startedAt,
    session_id: request.sessionId,
    caller: request.caller,
    route: request.route,
    method: request.method,
    provider: outcome.provider ?? null,
    model_asked: outcome.modelAsked ?? null,
    model_used: streamEnd?.servedModel ?? outcome.modelUsed ?? null,
    attempts: attempts.length,
    status: request.status,
    error_code: errorCodeOf(outcome, streamEnd),
    stream: outcome.stream ?? false,
    stream_end: streamEnd?.end ?? null,
    first_byte_ms: end.firstByteMs,
    total_ms: end.totalMs,
    prompt_tokens: null,
    completion_tokens: null,
    cached_tokens: null,
    reasoning_tokens: null,
    usage_estimated: false,
    ...usageFields(answerUsage),
    gateway_log_id: streamEnd?.gatewayLogId ?? outcome.gatewayLogId ?? null,
    trail: attempts.map((attempt, at) =>
      toAttemptRecord(attempt, attempt.outcome === "ok" ? answerUsage : (end.attemptUsages[at] ?? null)),
    ),
  });
}

/** Of the streams only one that was cut has an error. */
function errorCodeOf({ errorCode = null }: Outcome, streamEnd: StreamEnd | null): string | null {
  if (streamEnd === null) return errorCode;
  return streamEnd.end === "cut" ? (streamEnd.errorCode ?? null) : null;
}

function toAttemptRecord(attempt: AttemptOutcome, used: CountedUsage | null): AttemptRecord {
  const { provider, model, outcome, status, ms, upstreamRequests } = attempt;
  return {
    provider,
    model,
    outcome,
    status,
    ms,
    ...usageFields(used),
    ...(upstreamRequests !== undefined && { upstream_requests: upstreamRequests }),
  };
}

function usageFields(used: CountedUsage | null) {
  if (used === null) return {};
  const { usage, estimated } = used;
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    cached_tokens: usage.cachedTokens,
    reasoning_tokens: usage.reasoningTokens,
    usage_estimated: estimated,
  };
}

/** Characters of a text in a record at most. A client may choose some of them: a model's name. */
const LONGEST_TEXT = 128;

/** The record with every text cut to its bound, so that it always fits a queue message; a cut one ends in "…". */
function bounded(record: AuditRecord): AuditRecord {
  return { ...cut(record), trail: record.trail.map(cut) };
}

function cut<Fields extends object>(fields: Fields): Fields {
  if (!Object.values(fields).some(isTooLong)) return fields;
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    // The cut may fall into a character, and half of one is no text to a database.
    isTooLong(value) ? `${value.slice(0, LONGEST_TEXT - 1).toWellFormed()}…` : value,
  ]);
  return Object.fromEntries(entries);
}

function isTooLong(value: unknown): value is string {
  return typeof value === "string" && value.length > LONGEST_TEXT;
}
