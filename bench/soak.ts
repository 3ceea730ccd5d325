import { setTimeout as wait } from "node:timers/promises";
import type { Result } from "./figures.ts";
import { type Bench, measureScenario } from "./measure.ts";
import { rssMb } from "./process-stats.ts";
import { median } from "./samples.ts";
import type { Scenario } from "./scenarios.ts";

/**
 * Bound of each isolate's heap in a soak: half of what Cloudflare gives. Without one V8 collects so seldom that a heap
 * grows for many minutes, whether anything leaks or not.
 */
export const SOAK_HEAP_MB = 64;

/** How often the memory is read, milliseconds. */
const SAMPLE_MS = 1_000;

/** The beginning is left out: heaps grow until they have their size. A part of the whole time. */
const SETTLING_SHARE = 0.2;

/**
 * Runs the scenarios in turn for so many minutes, and compares the memory of the mesh's workerd in the two halves of that
 * time. A leak of one stream's objects a request would show as steady growth.
 */
export async function soak(bench: Bench, scenarios: Scenario[], minutes: number): Promise<Result[]> {
  const samples: number[] = [];
  const until = Date.now() + minutes * 60_000;
  const sampling = setInterval(() => samples.push(rssMb(bench.mesh.pid)), SAMPLE_MS);
  let streams = 0;
  try {
    while (Date.now() < until) {
      for (const scenario of scenarios) {
        const rounds = await measureScenario(bench, scenario, { rounds: 1, runMs: 0, warmUpMs: 0, sides: ["mesh"] });
        streams += rounds[0]?.mesh?.requests ?? 0;
        if (Date.now() >= until) break;
      }
      console.log(`${streams} streams, ${rssMb(bench.mesh.pid).toFixed(1)} MB`);
    }
  } finally {
    clearInterval(sampling);
  }
  await wait(SAMPLE_MS);
  return soakResults(samples, rssMb(bench.mesh.pid));
}

function soakResults(samples: number[], idle: number): Result[] {
  const steady = samples.slice(Math.floor(samples.length * SETTLING_SHARE));
  const half = Math.floor(steady.length / 2);
  const [first, second] = [median(steady.slice(0, half)), median(steady.slice(half))];
  const result = (name: string, value: number): Result => ({
    name: `soak: ${name}`,
    value,
    bare: null,
    ratio: null,
    target: null,
    met: null,
  });
  return [
    result("RSS MB, first half", first),
    result("RSS MB, second half", second),
    result("RSS MB, peak", Math.max(...samples)),
    result("RSS MB, after the last stream", idle),
    result("RSS MB of the second half over the first", second - first),
  ];
}
