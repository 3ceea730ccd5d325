import { setTimeout as wait } from "node:timers/promises";
import type { Child } from "./child.ts";
import type { Expectation, Job, JobResult } from "./load/job.ts";
import { cpuNs, peakRssMb, resetPeakRss } from "./process-stats.ts";
import type { RequestSpec } from "./requests.ts";
import { median } from "./samples.ts";
import type { Scenario } from "./scenarios.ts";
import { steadyCost, watchSteady } from "./steady.ts";
import type { Workerd } from "./workerd.ts";

/** Everything that runs during a bench. */
export interface Bench {
  upstream: Child;
  upstreamPort: number;
  load: Child;
  mesh: Workerd;
  bare: Workerd;
}

export type Side = "upstream" | "bare" | "mesh";

/** One run of one side. Milliseconds and MB; CPU and memory are of the workerd process, null for the upstream alone. */
export interface Measure {
  requests: number;
  /** Requests a second. */
  rate: number;
  total: JobResult["total"];
  firstByte: JobResult["firstByte"];
  delay: JobResult["delay"];
  cpuMsPerRequest: number | null;
  /** Of the whole run: what the requests themselves cost is in it. */
  cpuMsPer1000Chunks: number | null;
  /** While all streams run: what a chunk costs beyond its request. Null unless the streams are paced and begin once. */
  steadyCpuMsPer1000Chunks: number | null;
  peakRssMb: number | null;
}

export interface Timing {
  rounds: number;
  /** Of a run that is not bounded by its streams, milliseconds. */
  runMs: number;
  /** 0 for none. */
  warmUpMs: number;
  /** What to measure in each round. */
  sides: Side[];
}

export type Rounds = Partial<Record<Side, Measure>>[];

/** Streams of a warm-up that is bounded by its streams need not be many. */
const WARM_UP_CONNECTIONS = 50;

/** After a run: time for what is done when an answer has gone. Milliseconds. */
const SETTLE_MS = 60;

/** Time for the last audit records to arrive: the gateway gathers them, and sends a failed message again. */
const AUDIT_TIMEOUT_MS = 5_000;

/** Runs a scenario: a warm-up, then every side in turn, A B, B A, A B, … so that what the machine does hits both. */
export async function measureScenario(bench: Bench, scenario: Scenario, timing: Timing): Promise<Rounds> {
  const sides = timing.sides.filter((side) => scenario[side] !== null);
  if (timing.warmUpMs > 0) {
    const warmUp = { ...scenario, connections: Math.min(scenario.connections, WARM_UP_CONNECTIONS) };
    for (const side of sides) await run(bench, warmUp, side, timing.warmUpMs);
  }
  const rounds: Rounds = [];
  for (let round = 0; round < timing.rounds; round++) {
    const measures: Rounds[number] = {};
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      measures[side] = await run(bench, scenario, side, timing.runMs);
    }
    rounds.push(measures);
  }
  return rounds;
}

async function run(bench: Bench, scenario: Scenario, side: Side, durationMs: number): Promise<Measure> {
  const request = scenario[side];
  if (request === null) throw new Error(`${scenario.name} has no request for the ${side}.`);
  const expect = side === "mesh" ? scenario.expect : (scenario.bareExpect ?? scenario.expect);
  const workerd = side === "upstream" ? null : bench[side];
  const port = workerd === null ? bench.upstreamPort : socketPort(workerd, request);
  await bench.load.ask({ prepare: job(scenario, request, expect, port, durationMs) });
  if (workerd !== null) resetPeakRss(workerd.pid);
  const recordsBefore = await settledRecords(bench);
  const cpuBefore = workerd === null ? 0 : cpuNs(workerd.pid);
  const running = bench.load.ask<JobResult>({ go: true });
  const steady = workerd !== null && scenario.requestsEach === 1 ? await watchSteady(workerd.pid, expect) : null;
  const result = await running;
  await wait(SETTLE_MS);
  if (side === "mesh") await awaitRecords(bench, recordsBefore + (scenario.audited ? result.requests : 0));
  return {
    ...measureOf(result, workerd, cpuBefore),
    steadyCpuMsPer1000Chunks: steady === null ? null : steadyCost(steady, result),
  };
}

function socketPort(workerd: Workerd, { socket }: RequestSpec): number {
  const port = workerd.ports[socket];
  if (port === undefined) throw new Error(`workerd has no socket ${socket}.`);
  return port;
}

function job(scenario: Scenario, request: RequestSpec, expect: Expectation, port: number, durationMs: number): Job {
  const { connections, requestsEach } = scenario;
  return {
    port,
    path: request.path,
    headers: request.headers,
    body: request.body,
    connections,
    // Streams that are counted have all the time they need.
    durationMs: requestsEach === undefined ? durationMs : Number.MAX_SAFE_INTEGER,
    requestsEach: requestsEach ?? Number.MAX_SAFE_INTEGER,
    expect,
  };
}

function measureOf(
  result: JobResult,
  workerd: Workerd | null,
  cpuBefore: number,
): Omit<Measure, "steadyCpuMsPer1000Chunks"> {
  const cpuMs = workerd === null ? null : (cpuNs(workerd.pid) - cpuBefore) / 1e6;
  return {
    requests: result.requests,
    rate: (result.requests / result.elapsedMs) * 1e3,
    total: result.total,
    firstByte: result.firstByte,
    delay: result.delay,
    cpuMsPerRequest: cpuMs === null ? null : cpuMs / result.requests,
    cpuMsPer1000Chunks: cpuMs === null || result.chunks === 0 ? null : (cpuMs / result.chunks) * 1e3,
    peakRssMb: workerd === null ? null : peakRssMb(workerd.pid),
  };
}

async function records(bench: Bench): Promise<number> {
  return (await bench.upstream.ask<{ records: number }>("audited")).records;
}

/** The records so far, once no stragglers of a run that failed arrive any more. */
async function settledRecords(bench: Bench): Promise<number> {
  for (let seen = await records(bench); ; ) {
    await wait(SETTLE_MS / 2);
    const now = await records(bench);
    if (now === seen) return now;
    seen = now;
  }
}

/** A figure of a gateway that loses its audit records would be worth nothing. */
async function awaitRecords(bench: Bench, expected: number): Promise<void> {
  const until = Date.now() + AUDIT_TIMEOUT_MS;
  let seen = await records(bench);
  while (seen < expected && Date.now() < until) {
    await wait(20);
    seen = await records(bench);
  }
  if (seen !== expected) throw new Error(`${expected} audit records were to come, ${seen} came`);
}

/** The median over all rounds of one side's figure; null where that side has none. */
export function medianOf(rounds: Rounds, side: Side, figure: (measure: Measure) => number | null): number | null {
  const values = rounds.flatMap((round) => {
    const measure = round[side];
    const value = measure === undefined ? null : figure(measure);
    return value === null ? [] : [value];
  });
  return values.length === 0 ? null : median(values);
}

/** The median over all rounds of mesh to bare: both were measured within seconds of each other. */
export function medianRatio(rounds: Rounds, figure: (measure: Measure) => number | null): number | null {
  const ratios = rounds.flatMap(({ mesh, bare }) => {
    const [over, under] = [mesh && figure(mesh), bare && figure(bare)];
    return over == null || under == null || under === 0 ? [] : [over / under];
  });
  return ratios.length === 0 ? null : median(ratios);
}
