import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../workspace.ts";

test("ARCHITECTURE.md says of every mesh test what it shows", () => {
  const [, table = ""] = readFileSync(join(root, "ARCHITECTURE.md"), "utf8").split("| what it shows");
  const names = globSync("tests/*.test.ts", { cwd: root }).map((path) => basename(path, ".test.ts"));
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
});
