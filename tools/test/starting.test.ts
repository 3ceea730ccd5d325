import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimStart } from "../local/starting.ts";

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), "ai-proxy-starting-")), "8787");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("a second start is refused while the first is under way, and not after it", () => {
  const first = claimStart(directory);
  expect(() => claimStart(directory)).toThrow(`Another start of this mesh is under way (process ${process.pid}).`);
  first[Symbol.dispose]();
  claimStart(directory)[Symbol.dispose]();
  expect(existsSync(join(directory, "starting"))).toBe(false);
});

test("a start that was killed is in nobody's way", () => {
  claimStart(directory);
  const { pid } = spawnSync(process.execPath, ["--version"]);
  writeFileSync(join(directory, "starting"), String(pid));
  claimStart(directory)[Symbol.dispose]();
});
