import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { workDir } from "./bundles.ts";
import { type Bench, measureScenario } from "./measure.ts";
import type { Scenario } from "./scenarios.ts";

/** Microseconds between two samples of the profiler. */
const SAMPLING_US = 200;

/** Long enough for some thousand samples. */
const PROFILE_MS = 5_000;

interface Target {
  id: string;
  title: string;
  webSocketDebuggerUrl: string;
}

/**
 * Profiles every Worker of the mesh while a scenario runs, and writes
 * <scenario>-<worker>.cpuprofile, which Chrome's DevTools and VS Code open.
 */
export async function profileScenario(bench: Bench, scenario: Scenario): Promise<void> {
  const folder = join(workDir, "profiles");
  mkdirSync(folder, { recursive: true });
  await measureScenario(bench, scenario, { rounds: 1, runMs: 1_000, warmUpMs: 0, sides: ["mesh"] });
  const sessions = await Promise.all((await targets(bench)).map(Session.open));
  await Promise.all(sessions.map((session) => session.start()));
  await measureScenario(bench, scenario, { rounds: 1, runMs: PROFILE_MS, warmUpMs: 0, sides: ["mesh"] });
  for (const session of sessions) {
    const profile = await session.stop();
    writeFileSync(join(folder, `${scenario.name}-${session.name}.cpuprofile`), JSON.stringify(profile));
  }
  console.log(`${scenario.name}: ${sessions.map(({ name }) => name).join(", ")} → ${folder}`);
}

async function targets({ mesh }: Bench): Promise<Target[]> {
  const response = await fetch(`http://127.0.0.1:${mesh.inspectorPort}/json`);
  return (await response.json()) as Target[];
}

/** A connection to the inspector of one Worker. */
class Session {
  readonly name: string;
  readonly #socket: WebSocket;
  #lastId = 0;

  private constructor(name: string, socket: WebSocket) {
    this.name = name;
    this.#socket = socket;
  }

  static async open({ id, webSocketDebuggerUrl }: Target): Promise<Session> {
    const socket = new WebSocket(webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", () => reject(new Error(`No inspector for ${id}.`)), { once: true });
    });
    return new Session(id, socket);
  }

  async start(): Promise<void> {
    await this.#send("Profiler.enable");
    await this.#send("Profiler.setSamplingInterval", { interval: SAMPLING_US });
    await this.#send("Profiler.start");
  }

  /** The profile since `start`. */
  async stop(): Promise<unknown> {
    const { profile } = (await this.#send("Profiler.stop")) as { profile: unknown };
    this.#socket.close();
    return profile;
  }

  #send(method: string, params = {}): Promise<unknown> {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => {
      const take = ({ data }: { data: unknown }) => {
        const message: { id?: number; result?: unknown; error?: { message: string } } = JSON.parse(String(data));
        if (message.id !== id) return;
        this.#socket.removeEventListener("message", take);
        if (message.error === undefined) resolve(message.result);
        else reject(new Error(`${method}: ${message.error.message}`));
      };
      this.#socket.addEventListener("message", take);
    });
  }
}
