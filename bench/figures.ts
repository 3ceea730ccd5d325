import { type Measure, medianOf, medianRatio, type Rounds } from "./measure.ts";

/** One line of the results; what `--json` writes. `bare` and `ratio` are null where they have no meaning. */
export interface Result {
  name: string;
  value: number;
  bare: number | null;
  /** Mesh to bare: the median of the rounds' ratios. */
  ratio: number | null;
  /** "ratio >= 0.5", "value < 1"; null where nothing was promised. */
  target: string | null;
  met: boolean | null;
}

/** The figures of a scenario that become results. */
export const FIGURES: Record<string, (measure: Measure) => number | null> = {
  "requests/s": (measure) => measure.rate,
  "p50 ms": (measure) => measure.total.p50,
  "p95 ms": (measure) => measure.total.p95,
  "p99 ms": (measure) => measure.total.p99,
  "first byte p50 ms": (measure) => measure.firstByte.p50,
  "first byte p95 ms": (measure) => measure.firstByte.p95,
  "first byte p99 ms": (measure) => measure.firstByte.p99,
  "chunk delay p50 ms": (measure) => measure.delay?.p50 ?? null,
  "chunk delay p99 ms": (measure) => measure.delay?.p99 ?? null,
  "CPU ms/request": (measure) => measure.cpuMsPerRequest,
  "CPU ms/1000 chunks": (measure) => measure.cpuMsPer1000Chunks,
  "steady CPU ms/1000 chunks": (measure) => measure.steadyCpuMsPer1000Chunks,
  "peak RSS MB": (measure) => measure.peakRssMb,
};

/** All figures of a scenario, still without targets. */
export function resultsOf(scenario: string, rounds: Rounds): Result[] {
  const results: Result[] = Object.entries(FIGURES).flatMap(([figure, of]) => {
    const value = medianOf(rounds, "mesh", of);
    if (value === null) return [];
    const name = `${scenario}: ${figure}`;
    return [
      { name, value, bare: medianOf(rounds, "bare", of), ratio: medianRatio(rounds, of), target: null, met: null },
    ];
  });
  return [...results, ...addedFirstByte(scenario, rounds)];
}

/**
 * What the mesh adds to the first byte at the median: over the bare Worker (`value` of the first result), and over the
 * upstream alone, where the bare Worker adds `bare`.
 */
function addedFirstByte(scenario: string, rounds: Rounds): Result[] {
  const p50 = (measure: Measure) => measure.firstByte.p50;
  const [upstream, bare, mesh] = (["upstream", "bare", "mesh"] as const).map((side) => medianOf(rounds, side, p50));
  if (upstream == null || bare == null || mesh == null) return [];
  const common = { ratio: null, target: null, met: null };
  return [
    { name: `${scenario}: first byte over bare p50 ms`, value: mesh - bare, bare: null, ...common },
    { name: `${scenario}: first byte over upstream p50 ms`, value: mesh - upstream, bare: bare - upstream, ...common },
  ];
}
