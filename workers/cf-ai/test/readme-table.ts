import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Cells of the rows of README.md's tables whose first cell matches. */
export function readmeRows(firstCell: RegExp): string[][] {
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  return readme
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([first = ""]) => firstCell.test(first));
}
