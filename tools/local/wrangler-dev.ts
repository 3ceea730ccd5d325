import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { endsWithUs, signalGroup } from "../child.ts";
import { toolEnvironment } from "../run.ts";
import { root } from "../workspace.ts";

/** One `wrangler dev` that serves several Workers. */
export interface WranglerDev {
  url: string;
  /** Settles when it has ended, with its status. */
  ended: Promise<number | null>;
  stop(): Promise<void>;
}

interface Options {
  /** The public Worker's first. */
  configs: string[];
  /** 0 for any free one. */
  port: number;
  /** State, log and registry go here. */
  directory: string;
  /** Another mesh's registry, for a Worker that binds to it. */
  registry?: string;
  /** A line of its output after the start: requests, logs, reloads. */
  onLine: (line: string) => void;
  signal: AbortSignal | undefined;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

/** Resolves when the Workers answer. Rejects, with what wrangler printed, when they do not come up. */
export async function startWranglerDev(options: Options): Promise<WranglerDev> {
  const { configs, port, directory, registry = join(directory, "registry"), onLine, signal } = options;
  const child = spawn(
    join(root, "node_modules/.bin/wrangler"),
    [
      "dev",
      ...configs.flatMap((config) => ["--config", config]),
      ...["--port", String(port), "--inspector-port", "0", "--persist-to", join(directory, "state")],
      "--show-interactive-dev-session=false",
    ],
    {
      cwd: directory,
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own: wrangler and workerd end by one signal, and only when we send it.
      detached: true,
      env: {
        ...toolEnvironment(),
        NO_COLOR: "1",
        // Without it, bindings connect to Workers of the same name in another mesh on this machine.
        WRANGLER_REGISTRY_PATH: registry,
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        WRANGLER_HIDE_BANNER: "true",
      },
    },
  );
  const ended = new Promise<number | null>((resolve) => child.on("error", () => resolve(null)).on("close", resolve));
  const killNow = () => signalGroup(child, "SIGKILL");
  endsWithUs(child, killNow);
  const stop = async () => {
    signalGroup(child, "SIGTERM");
    const timer = setTimeout(killNow, STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  };

  // Ends a start that is under way; a mesh that runs is stopped by `stop`.
  const abandon = () => signalGroup(child, "SIGTERM");
  if (signal?.aborted) await stop();
  signal?.addEventListener("abort", abandon, { once: true });

  const log = createWriteStream(join(directory, "wrangler.log"));
  const beginning: string[] = [];
  let started = false;
  const ready = new Promise<string>((resolve) => {
    const read = (line: string) => {
      log.write(`${line}\n`);
      if (started) return onLine(line);
      beginning.push(line);
      const url = /Ready on (http:\/\/\S+)/.exec(line)?.[1];
      started = url !== undefined;
      if (url !== undefined) resolve(url);
    };
    for (const input of [child.stdout, child.stderr]) createInterface({ input }).on("line", read);
  });
  const url = await Promise.race([ready, ended, sleep(START_TIMEOUT_MS, null, { ref: false })]);
  signal?.removeEventListener("abort", abandon);
  if (typeof url === "string") return { url, ended, stop };
  await stop();
  throw new Error(`The Workers did not start. wrangler dev printed:\n\n${beginning.join("\n")}`);
}
