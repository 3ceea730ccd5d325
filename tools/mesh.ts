/** The mesh's command line, behind the npm scripts. Reads wrangler.workspace. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./run.ts";
import { type MeshWorker, readMesh, root } from "./workspace.ts";

const mesh = readMesh();

const commands: Record<string, (args: string[]) => Promise<void>> = {
  types: generateTypes,
  typecheck,
  build,
};

/** Writes each Worker's worker-configuration.d.ts from its wrangler.jsonc; `--check` only compares. */
async function generateTypes(args: string[]): Promise<void> {
  for (const worker of mesh.workers) {
    await run(
      "wrangler",
      ["types", "worker-configuration.d.ts", "--include-runtime=false", "--strict-vars=false", ...args],
      {
        cwd: folder(worker),
        quiet: true,
      },
    );
  }
}

async function typecheck(): Promise<void> {
  const projects = ["shared", ...mesh.workers.map((worker) => dirname(worker.config)), "."];
  for (const project of projects) {
    if (existsSync(join(root, project, "tsconfig.json"))) await run("tsc", ["-p", project]);
  }
}

/** The bundles that a deploy would upload, into dist/<name>. */
async function build(): Promise<void> {
  for (const worker of mesh.workers) {
    const out = join(root, "dist", worker.name);
    await run("wrangler", ["deploy", "--dry-run", "--outdir", out], { cwd: folder(worker), quiet: true });
  }
}

function folder(worker: MeshWorker): string {
  return join(root, dirname(worker.config));
}

const [name = "", ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`usage: node tools/mesh.ts ${Object.keys(commands).join(" | ")}`);
  process.exit(2);
}
await command(args).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
