import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./run.ts";
import { folderOf, type Mesh, root } from "./workspace.ts";

/**
 * Writes each Worker's worker-configuration.d.ts from its wrangler.jsonc. With
 * --check nothing is written: it fails where the file is not what would be.
 */
export async function generateTypes(mesh: Mesh, args: string[]): Promise<void> {
  const options = ["worker-configuration.d.ts", "--include-runtime=false", "--strict-vars=false", ...args];
  for (const worker of mesh.workers) {
    await run("wrangler", ["types", ...options], { cwd: folderOf(worker), quiet: true });
  }
}

/** Every tsconfig.json of the project, each with the types of where its code runs. */
export async function typecheck(mesh: Mesh): Promise<void> {
  const folders = ["shared", ...mesh.workers.map(({ config }) => dirname(config)), "."];
  for (const folder of folders) {
    if (existsSync(join(root, folder, "tsconfig.json"))) await run("tsc", ["-p", folder]);
  }
}
