import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { expect, test } from "vitest";
import { retryDelay } from "../src/retry-delay.ts";

test.each([
  [1, 10],
  [2, 20],
  [5, 160],
  [8, 900],
  [100, 900],
])("after delivery %i a message comes again in %i s", (attempts, seconds) => {
  expect(retryDelay(attempts)).toBe(seconds);
});

test("the retries of wrangler.jsonc outlast a database that is away for most of a day", () => {
  const config = parse(readFileSync(join(import.meta.dirname, "../wrangler.jsonc"), "utf8"));
  const { max_retries: retries } = config.queues.consumers[0];
  expect(retries).toBeLessThanOrEqual(100);
  const hours =
    Array.from({ length: retries }, (_, at) => retryDelay(at + 1)).reduce((sum, one) => sum + one, 0) / 3600;
  expect(hours).toBeGreaterThan(20);
  expect(hours).toBeLessThan(24);
});
