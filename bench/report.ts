import type { Result } from "./figures.ts";
import { FIGURES } from "./figures.ts";
import { medianOf, medianRatio, type Rounds, type Side } from "./measure.ts";

const SIDES: { side: Side; title: string }[] = [
  { side: "upstream", title: "upstream alone" },
  { side: "bare", title: "bare" },
  { side: "mesh", title: "mesh" },
];

/** Columns of the scenario table: the words above them, and the figures they show. */
const COLUMNS: { title: string; figures: string[] }[] = [
  { title: "req/s", figures: ["requests/s"] },
  { title: "p50/p95/p99 ms", figures: ["p50 ms", "p95 ms", "p99 ms"] },
  { title: "first byte ms", figures: ["first byte p50 ms", "first byte p95 ms", "first byte p99 ms"] },
  { title: "delay p50/p99", figures: ["chunk delay p50 ms", "chunk delay p99 ms"] },
  { title: "CPU ms/req", figures: ["CPU ms/request"] },
  { title: "ms/1k chunks", figures: ["CPU ms/1000 chunks", "steady CPU ms/1000 chunks"] },
  { title: "RSS MB", figures: ["peak RSS MB"] },
];

/** The head of the table that `scenarioTable` continues. */
export function tableHead(): string {
  return table([["", ...COLUMNS.map(({ title }) => title)]]);
}

/** A scenario's figures: a line a side, and the ratios of mesh to bare. */
export function scenarioTable(name: string, rounds: Rounds): string {
  const lines = SIDES.filter(({ side }) => rounds.some((round) => round[side] !== undefined)).map(({ side, title }) => [
    `  ${title}`,
    ...COLUMNS.map(({ figures }) => cell(figures, (figure) => medianOf(rounds, side, figure))),
  ]);
  const ratios = COLUMNS.map(({ figures }) => cell(figures, (figure) => medianRatio(rounds, figure)));
  return `${name}\n${table([...lines, ["  mesh / bare", ...ratios]])}`;
}

function cell(figures: string[], read: (figure: NonNullable<(typeof FIGURES)[string]>) => number | null): string {
  const values = figures.flatMap((name) => {
    const figure = FIGURES[name];
    const value = figure === undefined ? null : read(figure);
    return value === null ? [] : [number(value)];
  });
  return values.length === 0 ? "–" : values.join(" / ");
}

const WIDTHS = [17, 8, 20, 20, 14, 11, 13, 8];

function table(rows: string[][]): string {
  return rows.map((row) => row.map((text, at) => pad(text, WIDTHS[at] ?? 0, at)).join(" ")).join("\n");
}

function pad(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}

/** What was promised and what came of it. */
export function targetTable(results: Result[]): string {
  const rows = results
    .filter(({ target }) => target !== null)
    .map(({ name, value, bare, ratio, target, met }) =>
      [
        met ? "met   " : "MISSED",
        name.padEnd(48),
        `mesh ${number(value)}`.padStart(14),
        (bare === null ? "" : `bare ${number(bare)}`).padStart(14),
        (ratio === null ? "" : `ratio ${number(ratio)}`).padStart(12),
        `  ${target}`,
      ].join(" "),
    );
  return rows.length === 0 ? "" : `\ntargets\n${rows.join("\n")}`;
}

/** Results that are in no scenario table: start-up, soak. */
export function plainTable(results: Result[]): string {
  return results
    .map(
      ({ name, value, bare }) =>
        `${name.padEnd(48)} ${number(value).padStart(8)}${bare === null ? "" : `   empty ${number(bare)}`}`,
    )
    .join("\n");
}

function number(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  return size >= 10 ? value.toFixed(1) : value.toFixed(2);
}
