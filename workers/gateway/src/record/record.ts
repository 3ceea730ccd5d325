import type { AuditRecord } from "@ai-proxy/shared/contract/audit";
import type { StreamEnd } from "@ai-proxy/shared/contract/relay";
import type { Usage } from "@ai-proxy/shared/formats/usage";
import type { Call } from "../request/context.ts";

/** The record of a request that has just passed the edge. */
export function newRecord(call: Call): AuditRecord {
  return {
    record_id: crypto.randomUUID(),
    request_id: call.requestId,
    time: call.startedAt,
    session_id: call.session.id,
    caller: call.caller.kind === "trusted" ? call.caller.name : "external",
    route: call.url.pathname,
    method: call.request.method,
    provider: null,
    model_asked: null,
    model_used: null,
    attempts: 0,
    status: 0,
    error_code: null,
    stream: false,
    stream_end: null,
    first_byte_ms: null,
    total_ms: 0,
    prompt_tokens: null,
    completion_tokens: null,
    cached_tokens: null,
    reasoning_tokens: null,
    usage_estimated: false,
    gateway_log_id: null,
    trail: [],
  };
}

/** Characters of a text in a record at most: a model's name, say, is the client's to choose. */
const LONGEST_TEXT = 128;

/** The record with every text cut to its bound, so that it always fits a queue message; a cut one ends in "…". */
export function bounded(record: AuditRecord): AuditRecord {
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

export function recordUsage(record: AuditRecord, usage: Usage | null, estimated: boolean): void {
  if (usage === null) return;
  record.prompt_tokens = usage.promptTokens;
  record.completion_tokens = usage.completionTokens;
  record.cached_tokens = usage.cachedTokens;
  record.reasoning_tokens = usage.reasoningTokens;
  record.usage_estimated = estimated;
}

export function recordStreamEnd(record: AuditRecord, end: StreamEnd): void {
  record.stream_end = end.end;
  recordUsage(record, end.usage, end.usageEstimated);
  record.error_code = end.end === "cut" ? (end.errorCode ?? null) : null;
  record.model_used = end.servedModel ?? record.model_used;
  record.gateway_log_id = end.gatewayLogId ?? record.gateway_log_id;
}
