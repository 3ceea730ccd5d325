import type { AttemptRecord, AuditRecord } from "@ai-proxy/shared/contract/audit";
import { isObject, tryParseJson } from "@ai-proxy/shared/json";

/** The columns of `requests` that hold a field of the record as it is; SQLite has booleans as 0 and 1. */
const PLAIN_COLUMNS = [
  "record_id",
  "request_id",
  "time",
  "session_id",
  "caller",
  "route",
  "method",
  "provider",
  "model_asked",
  "model_used",
  "attempts",
  "status",
  "error_code",
  "stream",
  "stream_end",
  "first_byte_ms",
  "total_ms",
  "prompt_tokens",
  "completion_tokens",
  "cached_tokens",
  "reasoning_tokens",
  "usage_estimated",
  "gateway_log_id",
] as const satisfies readonly (keyof AuditRecord)[];

export const COLUMNS = [...PLAIN_COLUMNS, "trail"] as const;

/** A row of `requests`, as it is read. */
export type Row = Omit<AuditRecord, "stream" | "usage_estimated" | "trail"> & {
  stream: number;
  usage_estimated: number;
  trail: string;
};

/**
 * A record as JSON of its columns, each a plain value and the trail a text. A newer gateway may send fields of any kind,
 * and SQLite reads no JSON of more than 1,000 levels.
 */
export function rowJson(record: AuditRecord): string {
  const plain = PLAIN_COLUMNS.map((column) => [column, typeof record[column] === "object" ? null : record[column]]);
  return JSON.stringify({ ...Object.fromEntries(plain), trail: JSON.stringify(attempts(record.trail)) });
}

export function toRecord(row: Row): AuditRecord {
  return {
    ...row,
    stream: row.stream === 1,
    usage_estimated: row.usage_estimated === 1,
    trail: attempts(tryParseJson(row.trail)),
  };
}

function attempts(trail: unknown): AttemptRecord[] {
  return Array.isArray(trail) ? trail.filter(isObject).map(toAttempt) : [];
}

/** Fields of an attempt that an older gateway does not send. */
const OPTIONAL_NUMBERS = [
  "prompt_tokens",
  "completion_tokens",
  "cached_tokens",
  "reasoning_tokens",
  "upstream_requests",
] as const satisfies readonly (keyof AttemptRecord)[];

function toAttempt(attempt: Record<string, unknown>): AttemptRecord {
  const { provider, model, outcome, status, ms, usage_estimated } = attempt;
  const numbers = OPTIONAL_NUMBERS.filter((field) => typeof attempt[field] === "number");
  return {
    provider: toText(provider),
    model: toText(model),
    outcome: toText(outcome),
    status: typeof status === "number" ? status : null,
    ms: typeof ms === "number" ? ms : 0,
    ...Object.fromEntries(numbers.map((field) => [field, attempt[field]])),
    ...(typeof usage_estimated === "boolean" && { usage_estimated }),
  };
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
