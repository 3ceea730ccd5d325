import type { AuditMessage, AuditRecord } from "@ai-proxy/shared/contract/audit";
import { log } from "./log.ts";

/** Requests that end within this time share a queue message. Milliseconds. */
const GATHER_MS = 10;

/** A message may have 128 KB; a record takes about one, and its trail is bounded. */
const MAX_RECORDS = 60;

interface Parcel {
  records: AuditRecord[];
  sent: Promise<void>;
}

let open: Parcel | null = null;

/**
 * Sends a record to the audit queue. Resolves once it is there: the caller's
 * waitUntil keeps the request alive so long. A queue send costs a third of a
 * small request's CPU, so records that come close together travel in one message.
 */
export function sendRecord(queue: Queue<AuditMessage>, record: AuditRecord): Promise<void> {
  if (open === null || open.records.length >= MAX_RECORDS) {
    const records: AuditRecord[] = [];
    const parcel: Parcel = { records, sent: scheduler.wait(GATHER_MS).then(() => close(queue, parcel)) };
    open = parcel;
  }
  open.records.push(record);
  return open.sent;
}

async function close(queue: Queue<AuditMessage>, parcel: Parcel): Promise<void> {
  if (open === parcel) open = null;
  const message: AuditMessage = { v: 1, records: parcel.records };
  try {
    await queue.send(message);
  } catch {
    await sendAgain(queue, message);
  }
}

async function sendAgain(queue: Queue<AuditMessage>, message: AuditMessage): Promise<void> {
  try {
    await scheduler.wait(250);
    await queue.send(message);
  } catch (thrown) {
    // The log is the last place that may hold what happened; it has no content either.
    log("audit_lost", { reason: thrown instanceof Error ? thrown.name : "unknown", records: message.records });
  }
}
