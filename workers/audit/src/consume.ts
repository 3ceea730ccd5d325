import type { AuditRecord } from "@ai-proxy/shared/contract/audit";
import { isObject } from "@ai-proxy/shared/json";
import { log } from "@ai-proxy/shared/log";
import { retryDelay } from "./retry-delay.ts";

/** What is used of a message of the queue. */
type QueuedMessage = Pick<Message, "id" | "attempts" | "body" | "retry">;

type Write = (records: AuditRecord[]) => Promise<void>;

interface Readable {
  message: QueuedMessage;
  records: AuditRecord[];
}

/**
 * Writes a batch of the audit queue, in one `write` if that does. What cannot be
 * read or written is delivered again, later each time, and ends in the
 * dead-letter queue; the others of its batch are written.
 */
export async function consume(messages: readonly QueuedMessage[], write: Write): Promise<void> {
  const readable: Readable[] = [];
  for (const message of messages) {
    const records = readMessage(message.body);
    if (records === null) retryLater(message);
    else readable.push({ message, records });
  }
  try {
    await write(readable.flatMap(({ records }) => records));
  } catch {
    await writeEach(readable, write);
  }
}

/** Messages that fail on their own before it is taken for the database's fault: each may take D1's 30 s. */
const MOST_FAILURES = 3;

async function writeEach(readable: readonly Readable[], write: Write): Promise<void> {
  let failures = 0;
  for (const { message, records } of inTurn(readable)) {
    if (failures === MOST_FAILURES) {
      retryLater(message);
      continue;
    }
    try {
      await write(records);
    } catch (error) {
      failures++;
      log("write_failed", { message: message.id, attempts: message.attempts, reason: String(error) });
      retryLater(message);
    }
  }
}

/** Begins further on at each delivery, so that a few messages that always fail do not keep the others from being tried. */
function inTurn(readable: readonly Readable[]): Readable[] {
  const deliveries = readable[0]?.message.attempts ?? 1;
  const first = ((deliveries - 1) * MOST_FAILURES) % readable.length;
  return [...readable.slice(first), ...readable.slice(0, first)];
}

function retryLater(message: QueuedMessage): void {
  message.retry({ delaySeconds: retryDelay(message.attempts) });
}

/** The records of a message, or null when it is not one of ours. Unknown fields are left alone: a newer gateway may add some. */
export function readMessage(body: unknown): AuditRecord[] | null {
  if (!isObject(body) || !Array.isArray(body["records"]) || body["records"].length === 0) return null;
  return body["records"].every(isRecord) ? body["records"] : null;
}

/** The fields without which a row cannot be written; the others may be null. */
function isRecord(value: unknown): value is AuditRecord {
  if (!isObject(value)) return false;
  const texts = ["record_id", "request_id", "session_id", "caller", "route", "method"];
  const numbers = ["time", "attempts", "status", "total_ms"];
  return (
    texts.every((name) => typeof value[name] === "string" && value[name] !== "") &&
    numbers.every((name) => Number.isFinite(value[name])) &&
    typeof value["stream"] === "boolean" &&
    typeof value["usage_estimated"] === "boolean"
  );
}
