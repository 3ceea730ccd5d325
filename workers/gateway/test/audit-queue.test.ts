import type { AuditMessage, AuditRecord } from "@ai-proxy/shared/contract/audit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sendRecord } from "../src/record/audit-queue.ts";
import { MOST_ATTEMPTS } from "../src/settings/routing-policy.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("scheduler", { wait: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)) });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const record = (id: number, attempts = 1) =>
  ({
    record_id: `${id}`,
    trail: Array.from({ length: attempts }, () => ({ provider: "p", model: "m", outcome: "ok", status: null, ms: 1 })),
  }) as AuditRecord;

/** A queue that fails its first `failures` messages. */
function queueOf(failures = 0) {
  const messages: AuditMessage[] = [];
  const send = vi.fn(async (message: AuditMessage) => {
    if (send.mock.calls.length <= failures) throw new Error("down");
    messages.push(message);
  });
  return { queue: { send } as unknown as Queue<AuditMessage>, messages, send };
}

async function sendAll(queue: Queue<AuditMessage>, records: AuditRecord[]): Promise<void> {
  const sent = Promise.all(records.map((one) => sendRecord(queue, one)));
  await vi.runAllTimersAsync();
  await sent;
}

const ids = (messages: AuditMessage[]) => messages.map(({ records }) => records.map(({ record_id }) => record_id));

test("records of requests that end together share a message", async () => {
  const { queue, messages } = queueOf();
  await sendAll(queue, [record(1), record(2), record(3)]);
  expect(ids(messages)).toEqual([["1", "2", "3"]]);
});

test("a message stays below the queue's 128,000 bytes, however large its records are", async () => {
  const { queue, messages } = queueOf();
  await sendAll(
    queue,
    Array.from({ length: 7 }, (_, at) => record(at, MOST_ATTEMPTS)),
  );
  // The largest record takes 42,300 bytes at most (record.test.ts).
  expect(ids(messages)).toEqual([["0", "1"], ["2", "3"], ["4", "5"], ["6"]]);
});

test("a message that the queue does not take is sent again", async () => {
  const { queue, messages, send } = queueOf(1);
  await sendAll(queue, [record(1)]);
  expect([send.mock.calls.length, ids(messages)]).toEqual([2, [["1"]]]);
});

test("what the queue refuses twice stands in the log", async () => {
  const logged = vi.spyOn(console, "log").mockImplementation(() => {});
  const { queue, messages } = queueOf(2);
  await sendAll(queue, [record(1)]);
  expect(messages).toEqual([]);
  expect(JSON.stringify(logged.mock.calls)).toMatch(/audit_lost.*record_id/);
});

test("a queue that never answers is asked twice, and then the log keeps the records", async () => {
  const logged = vi.spyOn(console, "log").mockImplementation(() => {});
  const send = vi.fn(() => new Promise(() => {}));
  await sendAll({ send } as unknown as Queue<AuditMessage>, [record(1)]);
  expect(send).toHaveBeenCalledTimes(2);
  expect(logged.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject([
    { event: "audit_lost", reason: "TimeoutError", records: [{ record_id: "1" }] },
  ]);
});
