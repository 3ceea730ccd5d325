/**
 * Writes src/encoding/unicode-table.ts. The classes are asked from tiktoken
 * itself (its wasm build, with a vocabulary of single bytes and a pattern that
 * keeps one class only), so that they are those of its regex engine and not of
 * whichever Unicode version the running JavaScript engine has.
 *
 * Run: node workers/tokenizer/tools/unicode-table.ts
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { codePointClasses } from "./tiktoken-classes.ts";

const classes = codePointClasses();
const runs: string[] = [];
for (let start = 0; start < classes.length; ) {
  let end = start;
  while (end < classes.length && classes[end] === classes[start]) end++;
  runs.push(`${classes[start]}${end - start === 1 ? "" : (end - start).toString(36)}`);
  start = end;
}

const lines: string[] = [""];
for (const run of runs) {
  if ((lines.at(-1) ?? "").length + run.length > 110) lines.push("");
  lines[lines.length - 1] += run;
}

writeFileSync(
  join(import.meta.dirname, "../src/encoding/unicode-table.ts"),
  `// Made by tools/unicode-table.ts; Unicode 16, as tiktoken 1.0.22 has it.

/**
 * Runs of code points of one class from U+0000 on: the class's letter (U upper or
 * title case, L lower case, X letter without case, M mark, N number, S white space,
 * R line end, O other), then how many, in base 36 with lower-case digits, if not one.
 */
export const UNICODE_RUNS = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`,
);
