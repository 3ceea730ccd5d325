import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keptToken } from "../local/kept-token.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ai-proxy-token-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("the local token is the same at every start, and nobody else can read it", () => {
  const mesh = join(directory, ".mesh");
  const token = keptToken(mesh);
  expect(token).toMatch(/^local-[\w-]{24}$/);
  expect(keptToken(mesh)).toBe(token);
  expect(statSync(join(mesh, "token")).mode & 0o777).toBe(0o600);
});

test("one's own token may be written there", () => {
  writeFileSync(join(directory, "token"), "mine\n");
  expect(keptToken(directory)).toBe("mine");
});

test("an empty file opens nothing", () => {
  writeFileSync(join(directory, "token"), "");
  expect(() => keptToken(directory)).toThrow("is empty");
});
