import { expect, test } from "vitest";
import { waitBefore } from "../src/routing/backoff.ts";

test.each([
  [1, undefined, 1, 500],
  [1, undefined, 0.5, 250],
  [1, undefined, 0, 0],
  [2, undefined, 1, 1_000],
  [5, undefined, 1, 8_000],
  [9, undefined, 1, 8_000],
  [1, 100, 1, 500],
  [1, 3_000, 1, 3_000],
  [1, 15_000, 0, 15_000],
  [1, 15_001, 0, null],
])("before retry %i of a provider that asks for %s ms, with %f of the jitter: %s ms", (retry, asked, random, wait) => {
  expect(waitBefore(retry, asked, random)).toBe(wait);
});
