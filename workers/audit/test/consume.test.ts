import type { AuditRecord } from "@ai-proxy/shared/contract/audit";
import { describe, expect, test, vi } from "vitest";
import { consume, readMessage } from "../src/consume.ts";
import { record } from "./record.ts";

describe("a message of the audit queue", () => {
  test("holds one record or several", () => {
    expect(readMessage({ v: 1, records: [record("a"), record("b")] })).toHaveLength(2);
  });

  test("of a newer gateway keeps its unknown fields out of the way", () => {
    expect(readMessage({ v: 2, extra: true, records: [{ ...record("a"), brand_new: 1 }] })).toHaveLength(1);
  });

  test.each<[string, unknown]>([
    ["null", null],
    ["a text", "records"],
    ["no records", { v: 1 }],
    ["an empty list", { v: 1, records: [] }],
    ["a record without its id", { v: 1, records: [{ ...record("a"), request_id: undefined }] }],
    ["a record with an empty id", { v: 1, records: [record("")] }],
    ...["record_id", "session_id", "caller", "route", "method", "attempts", "status", "total_ms"].map(
      (name): [string, unknown] => [`a record without ${name}`, { v: 1, records: [{ ...record("a"), [name]: null }] }],
    ),
    ["a record that is none", { v: 1, records: [null] }],
    ["a record that does not say whether it streamed", { v: 1, records: [{ ...record("a"), stream: null }] }],
    ["a record whose usage may be anything", { v: 1, records: [{ ...record("a"), usage_estimated: null }] }],
    ["a record whose time is no number", { v: 1, records: [{ ...record("a"), time: "now" }] }],
    ["one bad record among good ones", { v: 1, records: [record("a"), {}] }],
  ])("that cannot be written is refused: %s", (_, body) => {
    expect(readMessage(body)).toBeNull();
  });
});

describe("a batch", () => {
  const message = (body: unknown, attempts = 1) => ({ id: "id", attempts, body, retry: vi.fn() });
  const one = (id: string, attempts = 1) => message({ v: 1, records: [record(id)] }, attempts);
  /** Writes but what is refused, and tells the request ids of each write that did. */
  const writer = (refused: (ids: string[]) => boolean) => {
    const written: string[][] = [];
    const write = async (records: AuditRecord[]) => {
      const ids = records.map(({ request_id }) => request_id);
      if (refused(ids)) throw new Error("not today");
      written.push(ids);
    };
    return { write: vi.fn(write), written };
  };

  test("with a message that cannot be read: that one is retried, the others are written together", async () => {
    const bad = message({ v: 1, records: [{}] }, 3);
    const good = [message({ v: 1, records: [record("a"), record("b")] }), one("c")];
    const { write, written } = writer(() => false);
    await consume([bad, ...good], write);
    expect(written).toEqual([["a", "b", "c"]]);
    expect(bad.retry.mock.calls).toEqual([[{ delaySeconds: 40 }]]);
    for (const { retry } of good) expect(retry).not.toHaveBeenCalled();
  });

  test("with a message that the database refuses: that one is retried, the others are written", async () => {
    const [a, bad, b] = [one("a"), one("bad"), one("b")];
    const { write, written } = writer((ids) => ids.includes("bad"));
    const logged = vi.spyOn(console, "log").mockImplementation(() => {});
    await consume([a, bad, b], write);
    expect(logged.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { event: "write_failed", message: "id", attempts: 1, reason: "Error: not today" },
    ]);
    logged.mockRestore();
    expect(written).toEqual([["a"], ["b"]]);
    expect(bad.retry).toHaveBeenCalledOnce();
    for (const { retry } of [a, b]) expect(retry).not.toHaveBeenCalled();
  });

  test("with more such messages than it takes to think the database away: the others are written as they come again", async () => {
    const { write, written } = writer((ids) => ids.some((id) => id.startsWith("bad")));
    let ids = ["bad1", "bad2", "bad3", "bad4", "a", "b", "c", "d", "bad5", "e"];
    for (let attempts = 1; attempts <= 4; attempts++) {
      const messages = ids.map((id) => one(id, attempts));
      await consume(messages, write);
      ids = ids.filter((_, at) => messages[at]?.retry.mock.calls.length === 1);
    }
    expect(ids).toEqual(["bad1", "bad2", "bad3", "bad4", "bad5"]);
    expect(written.flat().toSorted()).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("without a database: all are retried, each later than before, and it is not asked for each", async () => {
    const messages = Array.from({ length: 100 }, (_, at) => one(`${at}`, at < 50 ? 1 : 4));
    const { write } = writer(() => true);
    await consume(messages, write);
    expect(messages.map(({ retry }) => retry.mock.calls)).toEqual(
      messages.map((_, at) => [[{ delaySeconds: at < 50 ? 10 : 80 }]]),
    );
    expect(write).toHaveBeenCalledTimes(4);
  });
});
