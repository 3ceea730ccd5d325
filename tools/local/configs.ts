import { existsSync, mkdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isObject, type JsonObject } from "../../shared/json.ts";
import { folderOf, type MeshWorker, readJsonc } from "../workspace.ts";

/** A Worker of a local mesh: its own wrangler.jsonc, in one of its environments, with settings on top. */
export interface LocalWorker {
  worker: MeshWorker;
  /** Environment of the config, if it has one of that name. */
  environment: string | null;
  vars: Record<string, string>;
  /** Text of its .dev.vars. */
  settings(): string;
}

/**
 * The fields that an environment takes from the top level of its config unless
 * it sets them; bindings and vars it never does.
 * Source: https://developers.cloudflare.com/workers/wrangler/configuration/#inheritable-keys
 */
const INHERITED = new Set([
  "name",
  "main",
  "compatibility_date",
  "compatibility_flags",
  "migrations",
  "triggers",
  "rules",
  "limits",
  "observability",
]);

/**
 * Writes the configs that `wrangler dev` starts: one a Worker, below
 * `directory`, and gives their paths. The Workers' own configs cannot be used
 * as they are: `--env local` would rename each Worker that has no such
 * environment and so cut its bindings, and of several Workers only the first
 * can be given a variable.
 */
export function writeConfigs(directory: string, workers: readonly LocalWorker[]): string[] {
  return workers.map((worker) => writeConfig(directory, worker));
}

/** Writes a config anew when the Worker's own wrangler.jsonc or .dev.vars changes; wrangler then reloads it. */
export function followConfigs(directory: string, workers: readonly LocalWorker[]): { close(): void } {
  const watchers = workers.map((local) =>
    watch(folderOf(local.worker), (_event, file) => {
      if (file !== basename(local.worker.config) && file !== ".dev.vars") return;
      try {
        writeConfig(directory, local);
      } catch {
        // An editor is in the middle of writing it: another event follows.
      }
    }),
  );
  return {
    close() {
      for (const watcher of watchers) watcher.close();
    },
  };
}

function writeConfig(directory: string, local: LocalWorker): string {
  const path = join(directory, local.worker.name, "wrangler.json");
  const settingsPath = join(dirname(path), ".dev.vars");
  mkdirSync(dirname(path), { recursive: true });
  const config = JSON.stringify(localConfig(local), null, 2);
  const settings = local.settings();
  if (holds(path, config) && holds(settingsPath, settings)) return path;
  // The owner's only: it holds keys.
  writeFileSync(settingsPath, settings, { mode: 0o600 });
  // Last, and also when only the settings are new: wrangler follows the config alone, and then reads both.
  writeFileSync(path, config);
  return path;
}

/** Without `secrets`: with that list wrangler drops what else .dev.vars holds, such as the keys of UPSTREAMS. */
function localConfig({ worker, environment, vars }: LocalWorker): JsonObject {
  const { $schema: _, secrets: __, env, ...top } = readJsonc(worker.config);
  const own = environment !== null && isObject(env) ? env[environment] : undefined;
  const config = isObject(own) ? { ...pick(top, INHERITED), ...own } : top;
  const main = join(folderOf(worker), String(top["main"]));
  return { ...config, main, vars: { ...(isObject(config["vars"]) && config["vars"]), ...vars } };
}

function pick(object: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.has(name)));
}

function holds(path: string, text: string): boolean {
  return existsSync(path) && readFileSync(path, "utf8") === text;
}
