import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";
import { folderOf, type Mesh, workerNamed } from "./workspace.ts";

/** A local one takes seconds; one that wrangler does not come back from must not keep a start waiting. */
const LOCAL_TIMEOUT_MS = 60_000;

/**
 * Applies the D1 migrations that a local mesh's state lacks. A note beside the
 * state says which were applied last, so that a second start need not ask.
 *
 * @param state what `wrangler dev` gets as --persist-to
 */
export async function migrateLocal(mesh: Mesh, state: string): Promise<void> {
  mkdirSync(state, { recursive: true });
  const note = join(state, "migrated");
  const wanted = fingerprint(mesh);
  if (existsSync(note) && readFileSync(note, "utf8") === wanted) return;
  await migrate(mesh, ["--local", "--persist-to", state], { timeoutMs: LOCAL_TIMEOUT_MS });
  writeFileSync(note, wanted);
}

/** The databases of the Cloudflare account. */
export async function migrateRemote(mesh: Mesh): Promise<void> {
  await migrate(mesh, ["--remote"]);
}

async function migrate(mesh: Mesh, where: string[], options: { timeoutMs?: number } = {}): Promise<void> {
  for (const { name, worker } of mesh.resources.d1) {
    const cwd = folderOf(workerNamed(mesh, worker));
    await run("wrangler", ["d1", "migrations", "apply", name, ...where], { ...options, cwd, quiet: true });
  }
}

/** Changes with every migration's name and text. */
function fingerprint(mesh: Mesh): string {
  const hash = createHash("sha256");
  for (const { worker } of mesh.resources.d1) {
    const folder = join(folderOf(workerNamed(mesh, worker)), "migrations");
    for (const file of readdirSync(folder).toSorted())
      hash.update(`${file}\n${readFileSync(join(folder, file), "utf8")}\n`);
  }
  return hash.digest("hex");
}
