/** The load generator, in a process of its own. */
import { setTimeout as wait } from "node:timers/promises";
import { answerParent } from "../child.ts";
import { type Percentiles, percentiles } from "../samples.ts";
import { nowUs } from "../stamp.ts";
import { Connection, type Observed } from "./connection.ts";
import {
  ARRIVAL_BIN_US,
  BEGINNING_SHARE,
  type Expectation,
  type Job,
  type JobResult,
  type LoadMessage,
} from "./job.ts";

/** A chunk that takes longer than this part of its stream's length was held back: the stream did not stream. */
const HELD_BACK_SHARE = 0.2;

let job: Job | null = null;
let connections: Connection[] = [];

async function prepare(next: Job): Promise<void> {
  for (const connection of connections) connection.close();
  job = next;
  connections = await Promise.all(Array.from({ length: next.connections }, () => Connection.open(next)));
}

async function go(): Promise<JobResult> {
  if (job === null) throw new Error("There is no job.");
  const { durationMs, requestsEach, expect } = job;
  const lengthMs = expect.paceMs * expect.chunks;
  const startedAt = nowUs();
  const until = startedAt + durationMs * 1e3;
  await Promise.all(
    connections.map(async (connection, at) => {
      if (expect.paceMs > 0) await wait((lengthMs * BEGINNING_SHARE * at) / connections.length);
      for (let sent = 0; sent < requestsEach && (sent === 0 || nowUs() < until); sent++) await connection.exchange();
    }),
  );
  const elapsedMs = (nowUs() - startedAt) / 1e3;
  return summary(
    connections.map(({ observed }) => observed),
    elapsedMs,
    expect,
  );
}

function summary(observed: Observed[], elapsedMs: number, expect: Expectation): JobResult {
  const totals = observed.flatMap((one) => one.totals);
  const delays = observed.flatMap((one) => one.delays);
  const delay = milliseconds(delays);
  const total = milliseconds(totals);
  const firstByte = milliseconds(observed.flatMap((one) => one.firstBytes));
  if (total === null || firstByte === null) throw new Error("No request was made.");
  if (expect.paceMs > 0) {
    if (delay === null) throw new Error("The chunks of a paced stream carry no time.");
    const limit = expect.chunks * expect.paceMs * HELD_BACK_SHARE;
    if (delay.p50 > limit)
      throw new Error(`chunks came ${delay.p50.toFixed(0)} ms late: held back, or the machine is overloaded`);
  }
  const chunks = observed.reduce((sum, one) => sum + one.chunks, 0);
  return {
    requests: totals.length,
    chunks,
    elapsedMs,
    total,
    firstByte,
    delay,
    arrivals: delay === null ? null : binned(observed),
  };
}

function binned(observed: Observed[]): Record<number, number> {
  const bins: Record<number, number> = {};
  for (const at of observed.flatMap((one) => one.arrivedAt)) {
    const bin = Math.floor(at / ARRIVAL_BIN_US);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}

function milliseconds(us: number[]): Percentiles | null {
  return percentiles(us.map((value) => value / 1e3));
}

answerParent("ready", async (message: LoadMessage) => {
  if ("go" in message) return go();
  await prepare(message.prepare);
  return "prepared";
});
