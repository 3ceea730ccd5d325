import { setTimeout as wait } from "node:timers/promises";
import { ARRIVAL_BIN_US, BEGINNING_SHARE, type Expectation, type JobResult } from "./load/job.ts";
import { cpuNs } from "./process-stats.ts";
import { nowUs } from "./stamp.ts";

/** CPU of a process between two moments of the monotonic clock. */
export interface SteadyCpu {
  fromUs: number;
  toUs: number;
  cpuNs: number;
}

/** After the last stream's beginning, and before the first one's end. Milliseconds. */
const MARGIN_MS = 150;

/** Begun together with a paced run: reads the CPU from when all its streams run until just before the first of them ends. */
export async function watchSteady(pid: number, { chunks, paceMs }: Expectation): Promise<SteadyCpu> {
  const lengthMs = chunks * paceMs;
  const beginningMs = lengthMs * BEGINNING_SHARE + MARGIN_MS;
  await wait(beginningMs);
  const before = { us: nowUs(), cpu: cpuNs(pid) };
  await wait(Math.max(0, lengthMs - beginningMs - MARGIN_MS));
  return { fromUs: before.us, toUs: nowUs(), cpuNs: cpuNs(pid) - before.cpu };
}

/** CPU milliseconds for 1,000 of the chunks that arrived in that time. */
export function steadyCost({ fromUs, toUs, cpuNs: cpu }: SteadyCpu, { arrivals }: JobResult): number {
  let chunks = 0;
  for (const [bin, count] of Object.entries(arrivals ?? {})) {
    const at = Number(bin) * ARRIVAL_BIN_US;
    if (at >= fromUs && at < toUs) chunks += count;
  }
  if (chunks === 0) throw new Error("No chunk came while all streams ran.");
  return cpu / 1e3 / chunks;
}
