import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CHOICES } from "../src/quirks.ts";
import { Upstreams } from "../src/upstreams.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

test("every preset of the README is a valid upstream", () => {
  const presets: unknown = JSON.parse(/```json\n([\s\S]*?)```/.exec(readme)?.[1] ?? "");
  const upstreams = new Upstreams({ UPSTREAMS: presets });
  expect(upstreams.problems()).toEqual([]);
  expect(upstreams.names()).toHaveLength(12);
});

test("the README lists every quirk with its values, the default first", () => {
  for (const [name, values] of Object.entries(CHOICES)) {
    expect(readme).toMatch(new RegExp(`^\\| \`${name}\` +\\| ${values.join(", ")} +\\|`, "m"));
  }
});
