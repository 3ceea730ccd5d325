import type { AuditMessage, AuditRecord } from "@ai-proxy/shared/contract/audit";
import { log } from "@ai-proxy/shared/log";

/** Requests that end within this time share a queue message. Milliseconds. */
const GATHER_MS = 10;

/** A message may have 128,000 bytes. */
const LARGEST_MESSAGE = 120_000;

/** Bytes that a record takes at most, with every text at its bound (`record.ts`). Most take 1,000. */
const largestSize = ({ trail }: AuditRecord) => 5_500 + trail.length * 1_600;

/** A sender that has not sent by then has died with its request; the next one takes its place. Milliseconds. */
const SENDER_LOST_MS = 1_000;

/** Records of requests that have ended and whose message is not on its way yet. */
const waiting: AuditRecord[] = [];

/** When the request that sends for all of them began to wait; milliseconds since the epoch. */
let senderSince = Number.NEGATIVE_INFINITY;

/**
 * Sends a record to the audit queue, in one message with those of other requests that end about now: a queue send costs
 * a third of a small request's CPU. The first of them sends for all, since workerd drops a request that waits for
 * another one's promise.
 */
export async function sendRecord(queue: Queue<AuditMessage>, record: AuditRecord): Promise<void> {
  waiting.push(record);
  if (Date.now() - senderSince < SENDER_LOST_MS) return;
  senderSince = Date.now();
  await scheduler.wait(GATHER_MS);
  senderSince = Number.NEGATIVE_INFINITY;
  while (waiting.length > 0) await send(queue, { v: 1, records: takeMessage() });
}

/** As many of the waiting records as surely fit into one message; at least one. */
function takeMessage(): AuditRecord[] {
  let size = 0;
  const full = waiting.findIndex((record) => {
    size += largestSize(record);
    return size > LARGEST_MESSAGE;
  });
  return waiting.splice(0, full === -1 ? waiting.length : Math.max(1, full));
}

/** Milliseconds that a send may take; one that never settles would leave neither a row nor a line in the log. */
const SEND_MS = 5_000;

async function sendInTime(queue: Queue<AuditMessage>, message: AuditMessage): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new DOMException("the queue did not answer", "TimeoutError")), SEND_MS);
  try {
    await Promise.race([queue.send(message), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function send(queue: Queue<AuditMessage>, message: AuditMessage): Promise<void> {
  try {
    await sendInTime(queue, message);
  } catch {
    await sendAgain(queue, message);
  }
}

async function sendAgain(queue: Queue<AuditMessage>, message: AuditMessage): Promise<void> {
  try {
    await scheduler.wait(250);
    await sendInTime(queue, message);
  } catch (thrown) {
    // The log is the last place to keep it.
    log("audit_lost", { reason: thrown instanceof Error ? thrown.name : "unknown", records: message.records });
  }
}
