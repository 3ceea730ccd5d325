import type { AuditRecord } from "@ai-proxy/shared/contract/audit";

export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Runs work in a span of the platform's trace. */
export type RunInSpan = <Result>(
  name: string,
  attributes: SpanAttributes,
  work: () => Promise<Result>,
) => Promise<Result>;

/** What a trace shows of a request that has ended; names as in the record. */
export function recordAttributes(record: AuditRecord): SpanAttributes {
  const { request_id, caller, provider, model_used, attempts, status, error_code, stream_end } = record;
  return {
    request_id,
    caller,
    attempts,
    status,
    ...(provider !== null && { provider }),
    ...(model_used !== null && { model_used }),
    ...(error_code !== null && { error_code }),
    ...(stream_end !== null && { stream_end }),
  };
}
