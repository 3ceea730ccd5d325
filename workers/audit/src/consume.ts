import type { AuditRecord } from "@ai-proxy/shared/contract/audit";
import { isObject } from "@ai-proxy/shared/json";

/** What is used of a message of the queue. */
type QueuedMessage = Pick<Message, "body" | "retry">;

/**
 * Writes a batch of the audit queue. A message that cannot be read is retried
 * by itself and so ends in the dead-letter queue, where an operator finds it;
 * a `write` that fails sends the whole batch back.
 */
export async function consume(
  messages: readonly QueuedMessage[],
  write: (records: AuditRecord[]) => Promise<void>,
): Promise<void> {
  const records: AuditRecord[] = [];
  for (const message of messages) {
    const found = readMessage(message.body);
    if (found === null) message.retry();
    else records.push(...found);
  }
  await write(records);
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
