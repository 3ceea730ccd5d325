import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { followConfigs, type LocalWorker, writeConfigs } from "../local/configs.ts";
import { readMesh, root, workerNamed } from "../workspace.ts";

const cfAi = workerNamed(readMesh(), "cf-ai");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ai-proxy-configs-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(environment: string | null): { path: string; config: Record<string, unknown> } {
  const local = { worker: cfAi, environment, vars: { EXTRA: "1" }, settings: () => 'KEY="secret"\n' };
  const [path = ""] = writeConfigs(directory, [local]);
  return { path, config: JSON.parse(readFileSync(path, "utf8")) };
}

test("offline, AI is the emulator and the account's AI binding is gone: wrangler would ask for a login", () => {
  const { config } = write("local");
  expect(config["ai"]).toBeUndefined();
  expect(config["services"]).toEqual([{ binding: "AI", service: "ai-proxy-dev-workers-ai" }]);
  expect(config["env"]).toBeUndefined();
});

test("live, AI is the account's", () => {
  const { config } = write(null);
  expect(config["ai"]).toEqual({ binding: "AI" });
  expect(config["services"]).toBeUndefined();
});

test.each(["local", null])(
  "the code, name and date are those of the Worker's own config (environment %s)",
  (environment) => {
    const { config } = write(environment);
    expect(config).toMatchObject({ name: "ai-proxy-cf-ai", compatibility_date: "2026-11-17", vars: { EXTRA: "1" } });
    expect(String(config["main"])).toMatch(/\/workers\/cf-ai\/src\/index\.ts$/);
  },
);

test("keys are in a file that only the owner can read, and not in the config", () => {
  const { path, config } = write("local");
  const settings = join(dirname(path), ".dev.vars");
  expect(readFileSync(settings, "utf8")).toContain("secret");
  expect(statSync(settings).mode & 0o777).toBe(0o600);
  expect(JSON.stringify(config)).not.toContain("secret");
});

test("all of .dev.vars is read: with a list of secrets wrangler would take only those that it names", () => {
  const relay = workerNamed(readMesh(), "openai-relay");
  const [path = ""] = writeConfigs(directory, [{ worker: relay, environment: null, vars: {}, settings: () => "" }]);
  expect(JSON.parse(readFileSync(path, "utf8"))).not.toHaveProperty("secrets");
});

test("a change of .dev.vars is taken up: wrangler reads it again when the config is written", async () => {
  const config = relative(root, join(directory, "wrangler.jsonc"));
  writeFileSync(join(directory, "wrangler.jsonc"), '{ "name": "example", "main": "index.ts" }');
  const local: LocalWorker = {
    worker: { ...cfAi, name: "example", config },
    environment: null,
    vars: {},
    settings: () => readFileSync(join(directory, ".dev.vars"), "utf8"),
  };
  writeFileSync(join(directory, ".dev.vars"), "KEY='first'");
  const [path = ""] = writeConfigs(directory, [local]);
  utimesSync(path, 0, 0);
  const following = followConfigs(directory, [local]);
  writeFileSync(join(directory, ".dev.vars"), "KEY='second'");
  await expect.poll(() => statSync(path).mtimeMs).toBeGreaterThan(0);
  following.close();
  expect(readFileSync(join(dirname(path), ".dev.vars"), "utf8")).toBe("KEY='second'");
});
