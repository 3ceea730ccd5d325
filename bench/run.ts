/** `npm run bench`: the mesh against a bare one-hop Worker, in one run. See README.md. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Mesh, readMesh } from "../tools/workspace.ts";
import { buildBundles } from "./bundles.ts";
import { startChild } from "./child.ts";
import { type Result, resultsOf } from "./figures.ts";
import { type Bench, measureScenario, type Side, type Timing } from "./measure.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { profileScenario } from "./profile.ts";
import { plainTable, scenarioTable, tableHead, targetTable } from "./report.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { bareServer, meshServer } from "./servers.ts";
import { SOAK_HEAP_MB, soak } from "./soak.ts";
import { measureStartUps } from "./start-up.ts";
import { judged } from "./targets.ts";
import { startWorkerd } from "./workerd.ts";

const START_UP = "start-up";
const START_UP_ROUNDS = 11;
const START_UP_ROUNDS_QUICK = 3;

async function main(options: Options): Promise<number> {
  const mesh = readMesh();
  console.log("building the bundles …");
  await buildBundles(mesh, { minify: !options.profile });
  const bench = await start(mesh, options);
  const outcome = new Outcome();
  try {
    const chosen = scenarios(options.quick).filter(({ name }) => isChosen(options, name));
    if (options.soakMinutes !== undefined) {
      const minutes = options.soakMinutes;
      await outcome.take("soak", async () => plain(await soak(bench, soakScenarios(chosen), minutes)));
    } else if (options.profile) {
      for (const scenario of chosen) await profileScenario(bench, scenario);
    } else {
      await measureAll(bench, mesh, chosen, options, outcome);
    }
  } finally {
    await stop(bench);
  }
  console.log(targetTable(outcome.results));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(outcome.results, null, 2)}\n`);
  return outcome.exitCode;
}

async function measureAll(
  bench: Bench,
  mesh: Mesh,
  chosen: Scenario[],
  options: Options,
  outcome: Outcome,
): Promise<void> {
  console.log(tableHead());
  for (const scenario of chosen) {
    await outcome.take(scenario.name, async () => {
      const rounds = await measureScenario(bench, scenario, timing(options, scenario));
      return { results: resultsOf(scenario.name, rounds), text: scenarioTable(scenario.name, rounds) };
    });
  }
  if (!isChosen(options, START_UP)) return;
  const rounds = options.quick ? START_UP_ROUNDS_QUICK : START_UP_ROUNDS;
  await outcome.take(START_UP, async () => plain(await measureStartUps(mesh, bench.upstreamPort, rounds)));
}

function timing({ quick, rounds }: Options, { needsUpstream, requestsEach }: Scenario): Timing {
  if (!quick) return { rounds, sides: ["upstream", "bare", "mesh"], runMs: 1_500, warmUpMs: 1_000 };
  const sides: Side[] = needsUpstream ? ["upstream", "bare", "mesh"] : ["bare", "mesh"];
  // Paced streams take seconds, and the bursts before them have warmed the same code.
  const isPaced = requestsEach === 1;
  return { rounds: isPaced ? 1 : rounds, sides, runMs: 250, warmUpMs: isPaced ? 0 : 100 };
}

function isChosen({ only }: Options, name: string): boolean {
  return only.length === 0 || only.some((beginning) => name.startsWith(beginning));
}

/** The soak is about many streams that last. */
function soakScenarios(chosen: Scenario[]): Scenario[] {
  return chosen.filter(({ connections, requestsEach }) => requestsEach === 1 && connections === 200);
}

async function start(mesh: Mesh, { profile, soakMinutes }: Options): Promise<Bench> {
  const upstream = await startChild(join(import.meta.dirname, "upstream/main.ts"));
  const { port } = upstream.ready as { port: number };
  const heap = soakMinutes === undefined ? {} : { heapMb: SOAK_HEAP_MB };
  const load = await startChild(join(import.meta.dirname, "load/main.ts"));
  return {
    upstream,
    upstreamPort: port,
    load,
    mesh: await startWorkerd("mesh", meshServer(mesh, port, heap), { inspector: profile }),
    bare: await startWorkerd("bare", bareServer(port)),
  };
}

async function stop({ upstream, load, mesh, bare }: Bench): Promise<void> {
  load.stop();
  await Promise.all([mesh.stop(), bare.stop()]);
  upstream.stop();
}

function plain(results: Result[]): { results: Result[]; text: string } {
  return { results, text: plainTable(results) };
}

/** Results so far. A run that failed has none: it is named, and the bench goes on. */
class Outcome {
  readonly results: Result[] = [];
  #failed = false;

  async take(name: string, measured: () => Promise<{ results: Result[]; text: string }>): Promise<void> {
    try {
      const { results, text } = await measured();
      this.results.push(...results.map(judged));
      console.log(text);
    } catch (error) {
      this.#failed = true;
      console.log(`${name}\n  FAILED: ${error instanceof Error ? error.message : error}`);
    }
  }

  get exitCode(): number {
    if (this.#failed) return 2;
    return this.results.some(({ met }) => met === false) ? 1 : 0;
  }
}

try {
  process.exit(await main(readOptions(process.argv.slice(2))));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(`\n${USAGE}`);
  process.exit(2);
}
