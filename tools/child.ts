import type { ChildProcess } from "node:child_process";

/** What asks a command to end: Ctrl-C, `kill`, a terminal that is closed. */
export const INTERRUPTIONS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Whatever ends this process, an exception of its own too, the child does not outlive it. */
export function endsWithUs(child: ChildProcess, kill: () => void): void {
  process.once("exit", kill);
  child.once("close", () => process.off("exit", kill));
}

/** To a child that was started `detached`, and to all that it has started: wrangler starts workerd, which its own end may leave behind. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}
