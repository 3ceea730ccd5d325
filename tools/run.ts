import { type SpawnOptions, spawn } from "node:child_process";
import { join } from "node:path";
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
}

/** The environment of every tool: no telemetry, and the project's own Node first. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  const path = `${join(root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`;
  return { ...process.env, PATH: path, WRANGLER_SEND_METRICS: "false" };
}

/** Runs one of the project's own commands (node_modules/.bin) to its end and gives its standard output. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  const stdio: SpawnOptions["stdio"] = options.quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"];
  const child = spawn(join(root, "node_modules/.bin", command), args, {
    cwd: options.cwd ?? root,
    stdio,
    env: toolEnvironment(),
  });
  let output = "";
  let errors = "";
  child.stdout?.on("data", (text) => {
    output += text;
  });
  child.stderr?.on("data", (text) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new CommandError([command, ...args].join(" "), output + errors);
  return output;
}
