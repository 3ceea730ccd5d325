import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalMesh, QUICK_PACE, startMesh } from "../tools/local/mesh.ts";
import { startWranglerDev, type WranglerDev } from "../tools/local/wrangler-dev.ts";
import { checkLockfile, type Lockfile } from "../tools/lockfile.ts";
import { readJsonc, readMesh, root } from "../tools/workspace.ts";

// examples/trusted-caller in a `wrangler dev` of its own, beside the mesh as `./run.sh` starts it.

const example = "examples/trusted-caller";
let directory: string;
let mesh: LocalMesh;
let caller: WranglerDev;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "ai-proxy-example-"));
  mesh = await startMesh(readMesh(), { pace: QUICK_PACE });
  caller = await startWranglerDev({
    configs: [join(root, example, "wrangler.jsonc")],
    port: 0,
    directory,
    registry: join(mesh.directory, "registry"),
    onLine: () => {},
    signal: undefined,
  });
});
afterAll(async () => {
  await caller?.stop();
  await mesh?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test("the SDK inside it gets an answer through the binding, without a token", async () => {
  const answer = await fetch(caller.url, { method: "POST", body: "Once upon a time" });
  expect(await answer.json()).toEqual({
    summary: expect.stringContaining("You wrote: “Once upon a time”"),
    usage: expect.objectContaining({ total_tokens: expect.any(Number) }),
  });
});

test("a chat by RPC streams through it", async () => {
  const answer = await fetch(`${caller.url}/stream`, { method: "POST", body: "Once upon a time" });
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  expect(await answer.text()).toMatch(/data: \{.*data: \[DONE\]\n\n$/s);
});

test("it pins the wrangler that the mesh runs on, every package verified", () => {
  type Versions = Record<"devDependencies" | "optionalDependencies", Record<string, string>>;
  const [ours, its] = ["package.json", `${example}/package.json`].map((path) => readJsonc<Versions>(path));
  expect(its?.devDependencies["wrangler"]).toBe(ours?.devDependencies["wrangler"]);
  expect(its?.optionalDependencies).toEqual(ours?.optionalDependencies);
  const lock = readJsonc<Lockfile>(`${example}/package-lock.json`);
  expect(lock.packages["node_modules/wrangler"]?.version).toBe(its?.devDependencies["wrangler"]);
  expect(() => checkLockfile(lock)).not.toThrow();
});
