import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";
import { folderOf, type Mesh, root } from "./workspace.ts";

/**
 * Prints what each Worker does before its first request, by `wrangler check
 * startup`. Cloudflare refuses a Worker that takes over a second. Only printed,
 * never judged: the figure is this machine's.
 */
export async function startup(mesh: Mesh): Promise<void> {
  mkdirSync(join(root, "dist"), { recursive: true });
  for (const worker of mesh.workers) {
    const profile = join(root, "dist", `${worker.name}-startup.cpuprofile`);
    const output = await run("wrangler", ["check", "startup", "--outfile", profile], {
      cwd: folderOf(worker),
      quiet: true,
    });
    const [, active = "?"] = /Active: ([\d.]+ ms)/.exec(output) ?? [];
    console.log(`${worker.name.padEnd(14)} ${active.padStart(8)}`);
  }
}
