/**
 * The tokenizer against js-tiktoken, gpt-tokenizer and tiktoken's wasm build, on
 * o200k_base. Every cell is a process of its own, so that it is cold: nothing
 * compiled, nothing cached. Run: node bench/tokenizer.ts
 */
import { spawnSync } from "node:child_process";
import { growing, rows } from "./tokenizer/corpus.ts";
import { libraries } from "./tokenizer/libraries.ts";

/** A cell that takes longer is given up. */
const MOST_SECONDS = 10;
/** Runs of a cell; the fastest counts. */
const RUNS = 3;

interface Cell {
  tokens: number;
  /** Milliseconds: import and construction; the first count; a later one. */
  ready: number;
  first: number;
  warm: number;
}

const [mode, library = "", row = "", length = "0"] = process.argv.slice(2);
if (mode === "cell") await measure(library, row, Number(length));
else table();

async function measure(library: string, row: string, length: number): Promise<void> {
  const text = length > 0 ? growing[row]?.(length) : rows[row]?.();
  const load = libraries[library];
  if (text === undefined || load === undefined) throw new Error(`no such cell: ${library}, ${row}`);
  const start = performance.now();
  const count = await load();
  const ready = performance.now();
  const tokens = count(text);
  const first = performance.now();
  // The same text again: caches of whole pieces, where a library has one, count for it here.
  if (first - ready < 1000) for (let run = 0; run < 4; run++) count(text);
  const warmed = performance.now();
  count(text);
  const cell: Cell = { tokens, ready: ready - start, first: first - ready, warm: performance.now() - warmed };
  process.stdout.write(JSON.stringify(cell));
}

function cell(library: string, row: string, length = 0): Cell | null {
  let best: Cell | null = null;
  for (let run = 0; run < RUNS; run++) {
    const args = [import.meta.filename, "cell", library, row, String(length)];
    const { stdout, status } = spawnSync(process.execPath, args, { timeout: MOST_SECONDS * 1000, encoding: "utf8" });
    if (status !== 0) return null;
    const measured: Cell = JSON.parse(stdout);
    if (best === null || measured.ready + measured.first < best.ready + best.first) best = measured;
  }
  return best;
}

function table(): void {
  console.log("Milliseconds: ready (import and construction) + first count = cold; then warm.\n");
  for (const row of Object.keys(rows)) {
    const cells = Object.keys(libraries).map((library) => ({ library, cell: cell(library, row) }));
    const counts = new Set(cells.flatMap(({ cell }) => (cell === null ? [] : [cell.tokens])));
    console.log(`${row}: ${[...counts].join(" or ")} tokens${counts.size > 1 ? "  DIFFERENT" : ""}`);
    for (const { library, cell } of cells) console.log(`  ${library.padEnd(14)} ${line(cell)}`);
  }
  console.log("\nGrowth of ours, ms of the first count in a fresh process");
  for (const row of Object.keys(growing)) {
    const times = [10_000, 100_000, 1_000_000, 10_000_000].map(
      (length) => cell("ours", row, length)?.first ?? Number.NaN,
    );
    console.log(`  ${row.padEnd(16)} 10 K, 100 K, 1 M, 10 M: ${times.map((time) => time.toFixed(1)).join(", ")}`);
  }
}

function line(cell: Cell | null): string {
  if (cell === null) return `more than ${MOST_SECONDS} s`;
  const number = (value: number) => value.toFixed(1).padStart(8);
  return `${number(cell.ready)} + ${number(cell.first)} = ${number(cell.ready + cell.first)}   warm ${number(cell.warm)}`;
}
