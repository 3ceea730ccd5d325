import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { root } from "../tools/workspace.ts";
import { workDir } from "./bundles.ts";
import { configText, type Value } from "./capnp.ts";

const BINARY = join(root, "node_modules/workerd/bin/workerd");

/** A cold start takes some hundred milliseconds, on a busy machine some seconds. */
const START_TIMEOUT_MS = 30_000;

/** A running `workerd serve`. */
export interface Workerd {
  pid: number;
  /** Ports on loopback, by socket name. */
  ports: Record<string, number>;
  /** Port of the inspector, if it was asked for. */
  inspectorPort: number | undefined;
  stop(): Promise<void>;
}

/** Starts workerd and resolves once every socket listens. @param name of its configuration file in dist/bench */
export async function startWorkerd(name: string, config: Value, { inspector = false } = {}): Promise<Workerd> {
  mkdirSync(workDir, { recursive: true });
  const file = join(workDir, `${name}.capnp`);
  const text = configText(config);
  writeFileSync(file, text);
  const child = spawn(
    BINARY,
    [
      "serve",
      file,
      "config",
      "--import-path=/",
      "--control-fd=3",
      ...(inspector ? ["--inspector-addr=127.0.0.1:0"] : []),
    ],
    { stdio: ["ignore", "ignore", "pipe", "pipe"] },
  );
  const stop = stopper(child);
  try {
    const sockets = (text.match(/address = "127\.0\.0\.1:0"/g) ?? []).length;
    const { ports, inspectorPort } = await listening(child, sockets, inspector);
    if (child.pid === undefined) throw new Error("workerd has no process id.");
    return { pid: child.pid, ports, inspectorPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Reads the messages of the control descriptor until everything listens. */
function listening(child: ChildProcess, sockets: number, inspector: boolean) {
  const ports: Record<string, number> = {};
  let inspectorPort: number | undefined;
  let complaints = "";
  child.stderr?.on("data", (text) => (complaints = `${complaints}${text}`.slice(-4_000)));
  return new Promise<Pick<Workerd, "ports" | "inspectorPort">>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`workerd ${why}\n${complaints}`));
    const timer = setTimeout(() => fail("does not listen."), START_TIMEOUT_MS);
    child.once("error", reject);
    child.once("close", (code) => fail(`ended with ${code}.`));
    onLines(child.stdio[3] as Readable, (line) => {
      const message: { event: string; socket?: string; port: number } = JSON.parse(line);
      if (message.event === "listen" && message.socket !== undefined) ports[message.socket] = message.port;
      if (message.event === "listen-inspector") inspectorPort = message.port;
      if (Object.keys(ports).length < sockets || (inspector && inspectorPort === undefined)) return;
      clearTimeout(timer);
      resolve({ ports, inspectorPort });
    });
  });
}

function onLines(stream: Readable, take: (line: string) => void): void {
  let rest = "";
  stream.on("data", (text) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") take(line);
  });
}

function stopper(child: ChildProcess): () => Promise<void> {
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  return async () => {
    kill();
    await closed;
    process.off("exit", kill);
  };
}
