import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RETRY_RULES } from "../src/routing/conditions.ts";
import { readPolicy } from "../src/settings/routing-policy.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, "..", path), "utf8");

test("README.md has the retry rules of the code", () => {
  const [, table = ""] = read("../../README.md").split("<!-- retry-rules");
  const rows = [...table.matchAll(/^\| `(\w+)` +\| (\w+) +\| (\w+) +\| (\w+) +\| (\w+) +\|$/gm)].map(
    ([, ...cells]) => cells,
  );
  const word = (value: boolean) => (value ? "yes" : "no");
  expect(rows).toEqual(
    Object.entries(RETRY_RULES).map(([condition, { sameTarget, otherKey, otherTarget, unhealthy }]) => [
      condition,
      word(sameTarget),
      word(otherKey),
      word(otherTarget),
      word(unhealthy),
    ]),
  );
});

test("the example of ROUTING in the gateway's README is taken, and names the defaults", () => {
  const [, example = ""] = /```json\n([^`]+)```/.exec(read("README.md")) ?? [];
  const { maxAttempts, defaultAttempts, maxTotalMs, times, clientFallbacks } = readPolicy(example);
  const defaults = readPolicy("");
  expect({ maxAttempts, defaultAttempts, maxTotalMs, times, clientFallbacks }).toEqual({
    maxAttempts: defaults.maxAttempts,
    defaultAttempts: defaults.defaultAttempts,
    maxTotalMs: defaults.maxTotalMs,
    times: defaults.times,
    clientFallbacks: defaults.clientFallbacks,
  });
});
