import type { AuditRecord } from "@ai-proxy/shared/contract/audit";

/** A complete record for tests. */
export function record(requestId: string, changes: Partial<AuditRecord> = {}): AuditRecord {
  return {
    record_id: requestId === "" ? "" : `record-${requestId}`,
    request_id: requestId,
    time: 1_700_000_000_000,
    session_id: "session",
    caller: "external",
    route: "/v1/chat/completions",
    method: "POST",
    provider: "openai",
    model_asked: "gpt4",
    model_used: "gpt-4",
    attempts: 1,
    status: 200,
    error_code: null,
    stream: false,
    stream_end: null,
    first_byte_ms: 12,
    total_ms: 34,
    prompt_tokens: 5,
    completion_tokens: 7,
    cached_tokens: 0,
    reasoning_tokens: 0,
    usage_estimated: false,
    gateway_log_id: null,
    trail: [{ provider: "openai", model: "gpt-4", outcome: "ok", status: 200, ms: 30 }],
    ...changes,
  };
}
