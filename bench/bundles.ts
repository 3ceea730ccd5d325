import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../tools/run.ts";
import { type Mesh, type MeshWorker, root } from "../tools/workspace.ts";

/** Where the bench keeps what it makes; git ignores it. */
export const workDir = join(root, "dist", "bench");

/** The file that a deploy would upload for this Worker. */
export function bundlePath(worker: MeshWorker): string {
  return join(workDir, worker.name, "index.js");
}

/** Two at a time: a build takes about a second and one core. */
const PARALLEL_BUILDS = 2;

/** Builds what a deploy would upload for every Worker of the mesh; with its names kept, for a profile, when not minified. */
export async function buildBundles(mesh: Mesh, { minify }: { minify: boolean }): Promise<void> {
  mkdirSync(workDir, { recursive: true });
  const rest = [...mesh.workers];
  const builder = async () => {
    for (let worker = rest.shift(); worker !== undefined; worker = rest.shift()) await build(worker, minify);
  };
  await Promise.all(Array.from({ length: PARALLEL_BUILDS }, builder));
}

async function build(worker: MeshWorker, minify: boolean): Promise<void> {
  const cwd = join(root, dirname(worker.config));
  const outdir = join(workDir, worker.name);
  await run("wrangler", ["deploy", "--dry-run", ...(minify ? ["--minify"] : []), "--outdir", outdir], {
    cwd,
    quiet: true,
  });
}
