import { describe, expect, test } from "vitest";
import { deleteOldRecords, readRetention } from "../src/retention.ts";
import { insertRecords, listRecords } from "../src/store.ts";
import { memoryD1 } from "./d1.ts";
import { record } from "./record.ts";

test.each([
  [undefined, null],
  ["", null],
  [" ", null],
  ["30", 30],
  ["1", 1],
  [30, 30],
])("RETENTION_DAYS=%j keeps rows for %s days", (setting, days) => {
  expect(readRetention(setting)).toBe(days);
});

test.each(["0", "-1", "1.5", "a week", "Infinity", "NaN", true])(
  "RETENTION_DAYS=%j deletes nothing by guess",
  (setting) => {
    expect(() => readRetention(setting)).toThrow("RETENTION_DAYS");
  },
);

describe("the clean-up deletes what is older than so many days", () => {
  const DAY_MS = 24 * 60 * 60 * 1000;
  const now = 100 * DAY_MS;

  test("and nothing else", async () => {
    const { db } = memoryD1();
    const times = [now, now - 30 * DAY_MS, now - 30 * DAY_MS - 1, 0];
    await insertRecords(
      db,
      times.map((time, at) => record(`${at}`, { time })),
    );
    await deleteOldRecords(db, 30, now);
    expect((await listRecords(db, {})).map(({ request_id }) => request_id)).toEqual(["0", "1"]);
  });

  test.each([
    ["all of it, however much it is", 12_001, 1],
    ["but for what 40 statements of one run cannot: that goes the next day", 200_003, 4],
  ])("%s", async (_, old, left) => {
    const { db, sqlite } = memoryD1();
    await insertRecords(db, [record("young", { time: now })]);
    sqlite.exec(`WITH RECURSIVE old(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM old WHERE n < ${old})
      INSERT INTO requests (record_id, request_id, time, session_id, caller, route, method, attempts, status, stream,
        total_ms, usage_estimated, trail)
      SELECT 'old-' || n, 'old', n, 's', 'c', 'r', 'GET', 0, 200, 0, 1, 0, '[]' FROM old`);
    await deleteOldRecords(db, 30, now);
    expect(sqlite.prepare("SELECT count(*) AS rows FROM requests").get()).toEqual({ rows: left });
  });
});
