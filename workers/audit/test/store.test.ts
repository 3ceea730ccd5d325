import { expect, test } from "vitest";
import { pageSize } from "../src/store.ts";

test.each([
  [undefined, 100],
  [1, 1],
  [2.7, 2],
  [0, 1],
  [-5, 1],
  [100_000, 1_000],
  [Number.NaN, 100],
  [Number.POSITIVE_INFINITY, 100],
])("a list of %s records is one of %i", (limit, size) => {
  expect(pageSize(limit)).toBe(size);
});
