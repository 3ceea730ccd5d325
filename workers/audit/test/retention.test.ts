import { expect, test } from "vitest";
import { readRetention } from "../src/retention.ts";

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
