import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PendingAudit } from "../local/pending-audit.ts";

let audit: PendingAudit;
beforeEach(() => {
  vi.useFakeTimers();
  audit = new PendingAudit();
});
afterEach(() => {
  vi.useRealTimers();
});

const request = '[ai-proxy-gateway] {"event":"request","status":200}';
const batch = (counts: string) => audit.push(`[wrangler:info] QUEUE ai-proxy-audit ${counts} (15ms)`);

test("a mesh that was asked nothing ends at once", async () => {
  expect(audit.pending).toBe(false);
  expect(await audit.written()).toBe(true);
});

test("the last record is waited for until its batch is written", async () => {
  audit.push(request);
  const written = audit.written();
  vi.advanceTimersByTime(5_000);
  batch("1/1");
  expect(await written).toBe(true);
  expect(audit.pending).toBe(false);
});

test("a batch that began before the last request may lack it: the next one is waited for", () => {
  audit.push(request);
  vi.advanceTimersByTime(100);
  batch("1/1");
  expect(audit.pending).toBe(true);
  vi.advanceTimersByTime(5_000);
  batch("1/1");
  expect(audit.pending).toBe(false);
});

test("a batch that could not be written is not taken for one, nor waited for without end", async () => {
  audit.push(request);
  vi.advanceTimersByTime(5_000);
  batch("0/1");
  const written = audit.written();
  await vi.advanceTimersByTimeAsync(7_000);
  expect(await written).toBe(false);
});
