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

  test.each([
    ["null", null],
    ["a text", "records"],
    ["no records", { v: 1 }],
    ["an empty list", { v: 1, records: [] }],
    ["a record without its id", { v: 1, records: [{ ...record("a"), request_id: undefined }] }],
    ["a record with an empty id", { v: 1, records: [record("")] }],
    ["a record whose time is no number", { v: 1, records: [{ ...record("a"), time: "now" }] }],
    ["one bad record among good ones", { v: 1, records: [record("a"), {}] }],
  ])("that cannot be written is refused: %s", (_, body) => {
    expect(readMessage(body)).toBeNull();
  });
});

describe("a batch", () => {
  const message = (body: unknown) => ({ body, retry: vi.fn() });

  test("with a message that cannot be read: that one is retried, the others are written together", async () => {
    const bad = message({ v: 1, records: [{}] });
    const good = [message({ v: 1, records: [record("a"), record("b")] }), message({ v: 1, records: [record("c")] })];
    const written: AuditRecord[][] = [];
    await consume([bad, ...good], async (records) => void written.push(records));
    expect(written.map((records) => records.map(({ request_id }) => request_id))).toEqual([["a", "b", "c"]]);
    expect(bad.retry).toHaveBeenCalledOnce();
    for (const { retry } of good) expect(retry).not.toHaveBeenCalled();
  });

  test("that cannot be written fails as a whole, so that the queue brings all of it again", async () => {
    const write = () => Promise.reject(new Error("D1 is down"));
    await expect(consume([message({ v: 1, records: [record("a")] })], write)).rejects.toThrow("D1 is down");
  });
});
