import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { run } from "./run.ts";
import { folderOf, type Mesh, type MeshWorker, root } from "./workspace.ts";

/** The bundles that a deploy would upload, into dist/<name>. */
export async function build(mesh: Mesh, args: string[] = []): Promise<void> {
  for (const worker of mesh.workers) await bundle(worker, join(root, "dist", worker.name), args);
}

/** Prints the gzipped size of each minified bundle; fails when one is over its ceiling. */
export async function size(mesh: Mesh): Promise<void> {
  const over: string[] = [];
  for (const worker of mesh.workers) {
    const folder = join(root, "dist/minified", worker.name);
    await bundle(worker, folder, ["--minify"]);
    const bytes = gzippedSize(folder);
    const ceiling = worker.largestBundle;
    if (ceiling === undefined) throw new Error(`wrangler.workspace has no largest_bundle for ${worker.name}.`);
    console.log(`${worker.name.padEnd(14)} ${kilobytes(bytes)} of ${kilobytes(ceiling)}`);
    if (bytes > ceiling) over.push(worker.name);
  }
  if (over.length > 0) throw new Error(`Over the ceiling: ${over.join(", ")}.`);
}

async function bundle(worker: MeshWorker, folder: string, args: string[]): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  // From the Worker's own folder: wrangler takes --outdir from there, but writes a README into the working directory.
  await run("wrangler", ["deploy", "--dry-run", "--outdir", folder, ...args], { cwd: folderOf(worker), quiet: true });
}

/** All that would be uploaded; source maps and the README are not. */
function gzippedSize(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.(js|mjs|wasm|bin|txt)$/.test(name),
  );
  return files.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1).padStart(7)} KB`;
}
