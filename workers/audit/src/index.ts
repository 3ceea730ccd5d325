import { WorkerEntrypoint } from "cloudflare:workers";
import type { AuditQuery, AuditReader, AuditRecord } from "@ai-proxy/shared/contract/audit";
import { consume } from "./consume.ts";
import { deleteOldRecords, readRetention } from "./retention.ts";
import { getRecord, insertRecords, listRecords } from "./store.ts";

/** Remembers what happened: the queue's consumer, a daily clean-up, and reads over RPC. */
export default class Audit extends WorkerEntrypoint<Env> implements AuditReader {
  override async queue(batch: MessageBatch<unknown>): Promise<void> {
    await consume(batch.messages, (records) => insertRecords(this.env.DB, records));
  }

  /** A setting that is wrong fails the run, which the dashboard then shows; nothing is deleted. */
  override async scheduled({ scheduledTime }: ScheduledController): Promise<void> {
    const days = readRetention(this.env.RETENTION_DAYS);
    if (days !== null) await deleteOldRecords(this.env.DB, days, scheduledTime);
  }

  async get(requestId: string): Promise<AuditRecord | null> {
    return getRecord(this.env.DB, requestId);
  }

  async list(query: AuditQuery = {}): Promise<AuditRecord[]> {
    return listRecords(this.env.DB, query);
  }
}
