import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./workspace.ts";

/** Runs one of the project's own commands to its end; rejects when it fails. */
export async function run(
  command: string,
  args: string[],
  options: { cwd?: string; quiet?: boolean } = {},
): Promise<void> {
  const child = spawn(join(root, "node_modules/.bin", command), args, {
    cwd: options.cwd ?? root,
    stdio: options.quiet ? "pipe" : "inherit",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  let output = "";
  child.stdout?.on("data", (text) => (output += text));
  child.stderr?.on("data", (text) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed\n${output}`);
}
