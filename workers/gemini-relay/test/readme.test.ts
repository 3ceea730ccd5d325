import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CHAT_FIELDS } from "../src/fields.ts";
import { GOOGLE_OPTION_NAMES, snakeCase } from "../src/google-options.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");

/** The cells of the rows of the README's first table with this heading. */
function tableRows(heading: string): string[][] {
  const lines = read("../README.md").split("\n");
  const head = lines.findIndex((line) => cells(line)[0] === heading);
  const end = lines.findIndex((line, at) => at > head && !line.startsWith("|"));
  return lines.slice(head + 2, end).map(cells);
}

const cells = (line: string): string[] =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

test("the README's table is what the code goes by", () => {
  const rows = [...CHAT_FIELDS].map(([name, { becomes, note }]) => [`\`${name}\``, becomes, note]);
  expect(tableRows("field")).toEqual(rows);
});

test("the README says what every file is for", () => {
  const [, files = ""] = read("../README.md").split("\n## Files\n");
  for (const name of readdirSync(join(import.meta.dirname, "../src"))) expect(files).toContain(`\`${name}\``);
});

test("the README names every option of Google's own", () => {
  const readme = read("../README.md");
  for (const name of GOOGLE_OPTION_NAMES) expect(readme).toContain(`\`${snakeCase(name)}\``);
});
