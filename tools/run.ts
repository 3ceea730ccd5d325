import { type SpawnOptions, spawn } from "node:child_process";
import { join } from "node:path";
import { endsWithUs, INTERRUPTIONS, signalGroup } from "./child.ts";
import { root } from "./workspace.ts";

/** A command that ended with another status than 0; `output` is what it printed. */
export class CommandError extends Error {
  readonly output: string;

  constructor(command: string, output: string) {
    super(`${command} failed\n${output.trim()}`);
    this.name = "CommandError";
    this.output = output;
  }
}

interface RunOptions {
  cwd?: string;
  /** Nothing is shown; what the command prints is in the result, or in the error. */
  quiet?: boolean;
  /** It is ended after this time. */
  timeoutMs?: number;
}

/** The environment of every tool: no telemetry, and the project's own Node first. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  const path = `${join(root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`;
  return { ...process.env, PATH: path, WRANGLER_SEND_METRICS: "false" };
}

/**
 * Runs one of the project's own commands (node_modules/.bin) to its end and gives its standard output. What ends this
 * process ends the command too, with all that it has started.
 */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { cwd = root, quiet = false, timeoutMs } = options;
  const stdio: SpawnOptions["stdio"] = quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"];
  const path = join(root, "node_modules/.bin", command);
  const child = spawn(path, args, { cwd, stdio, detached: true, env: toolEnvironment() });
  const kill = () => signalGroup(child, "SIGKILL");
  endsWithUs(child, kill);
  for (const signal of INTERRUPTIONS) process.once(signal, kill);
  let output = "";
  let errors = "";
  child.stdout?.on("data", (text) => {
    output += text;
  });
  child.stderr?.on("data", (text) => {
    errors += text;
  });
  const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
  function late() {
    errors += `\nIt did not end within ${timeoutMs} ms.`;
    kill();
  }
  const code = await new Promise<number | null>((resolve, reject) =>
    child.on("error", reject).on("close", resolve),
  ).finally(() => {
    clearTimeout(timer);
    for (const signal of INTERRUPTIONS) process.off(signal, kill);
  });
  if (code !== 0) throw new CommandError([command, ...args].join(" "), output + errors);
  return output;
}
