import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { workDir } from "./bundles.ts";
import { type Bench, measureScenario } from "./measure.ts";
import { type CpuProfile, functionTimes } from "./profile-summary.ts";
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

/** Functions that the summary names. */
const SUMMARY_LINES = 20;

/** Workers that hardly ran are not worth a line. Milliseconds. */
const LEAST_MS = 10;

/**
 * Profiles every Worker of the mesh while a scenario runs: prints what costs
 * most per request, and writes <scenario>-<worker>.cpuprofile, which Chrome's
 * DevTools and VS Code open.
 */
export async function profileScenario(bench: Bench, scenario: Scenario): Promise<void> {
  const folder = join(workDir, "profiles");
  mkdirSync(folder, { recursive: true });
  await measureScenario(bench, scenario, { rounds: 1, runMs: 1_000, warmUpMs: 0, sides: ["mesh"] });
  const sessions = await Promise.all((await targets(bench)).map(Session.open));
  await Promise.all(sessions.map((session) => session.start()));
  const rounds = await measureScenario(bench, scenario, { rounds: 1, runMs: PROFILE_MS, warmUpMs: 0, sides: ["mesh"] });
  const requests = rounds[0]?.mesh?.requests ?? 0;
  console.log(`${scenario.name}: ${requests} requests, ${rounds[0]?.mesh?.cpuMsPerRequest?.toFixed(3)} ms of CPU each`);
  for (const session of sessions) {
    const profile = await session.stop();
    writeFileSync(join(folder, `${scenario.name}-${session.name}.cpuprofile`), JSON.stringify(profile));
    printSummary(session.name, profile, requests);
  }
}

function printSummary(worker: string, profile: CpuProfile, requests: number): void {
  const times = functionTimes(profile, SAMPLING_US);
  const sum = times.reduce((ms, { selfMs }) => ms + selfMs, 0);
  if (sum < LEAST_MS) return;
  const perRequest = (ms: number) => ((ms / requests) * 1e3).toFixed(1).padStart(8);
  console.log(`  ${worker}: ${perRequest(sum).trim()} µs a request (own, with callees)`);
  for (const { name, selfMs, totalMs } of times.slice(0, SUMMARY_LINES)) {
    console.log(`  ${perRequest(selfMs)} ${perRequest(totalMs)}  ${name}`);
  }
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
  async stop(): Promise<CpuProfile> {
    const { profile } = (await this.#send("Profiler.stop")) as { profile: CpuProfile };
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
