import { describe, expect, test } from "vitest";
import { readMessage } from "../src/consume.ts";
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
