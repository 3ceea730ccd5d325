import type { AuditMessage } from "@ai-proxy/shared/contract/audit";
import { log } from "@ai-proxy/shared/log";
import { sendRecord } from "./audit-queue.ts";
import type { Outcome } from "./outcome.ts";
import { type RequestFacts, toRecord } from "./record.ts";
import { type RunInSpan, recordAttributes } from "./spans.ts";

/** Where a record goes. */
export interface RecordTargets {
  queue: Queue<AuditMessage>;
  span: RunInSpan;
  /** Of what went upstream; null when nothing did. */
  traceId: string | null;
}

/**
 * Writes down a request that has been answered, as soon as its stream has ended and its attempts have told what they
 * used: the log line, the trace's span and the audit record.
 */
export async function recordRequest(request: RequestFacts, outcome: Outcome, targets: RecordTargets): Promise<void> {
  const firstByteMs = Date.now() - request.startedAt;
  const streamEnd = outcome.streamEnd === undefined ? null : await outcome.streamEnd;
  const totalMs = Date.now() - request.startedAt;
  const attemptUsages = await Promise.all((outcome.attempts ?? []).map(({ usage }) => usage));
  const record = toRecord(request, outcome, { firstByteMs, totalMs, streamEnd, attemptUsages });
  log("request", { ...record, ...(targets.traceId !== null && { trace_id: targets.traceId }) });
  await targets.span("record", recordAttributes(record), () => sendRecord(targets.queue, record));
}
