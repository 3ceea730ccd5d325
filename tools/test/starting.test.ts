import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimStart } from "../local/starting.ts";

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "ai-proxy-starting-"));
  directory = join(parent, "8787");
});
afterEach(() => rmSync(parent, { recursive: true }));

test("a second start is refused while the first is under way, and not after it", () => {
  const first = claimStart(directory);
  hold(process.ppid);
  expect(() => claimStart(directory)).toThrow(`Another start of this mesh is under way (process ${process.ppid}).`);
  first[Symbol.dispose]();
  claimStart(directory)[Symbol.dispose]();
  expect(existsSync(join(directory, "starting"))).toBe(false);
});

test.each([
  ["", spawnSync(process.execPath, ["--version"]).pid],
  [", even where this one has its process id, as in a container", process.pid],
])("a start that was killed is in nobody's way%s", (_, pid) => {
  claimStart(directory);
  hold(pid);
  using _start = claimStart(directory);
  expect(readFileSync(join(directory, "starting"), "utf8")).toBe(String(process.pid));
});

/** As if the process with this id had claimed the start. */
function hold(pid: number): void {
  writeFileSync(join(directory, "starting"), String(pid));
}
