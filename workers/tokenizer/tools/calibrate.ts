/**
 * Measures the ratios and bounds of src/estimate/profiles.ts for a tokenizer
 * whose vocabulary is public: tokens of the base encoding by script, fitted to
 * the tokenizer's own counts on one half of the texts, measured on the other.
 *
 * Run: node workers/tokenizer/tools/calibrate.ts <vocabulary> <base encoding> <folder of texts>
 *   vocabulary: a tiktoken file (a line a token: base64, rank), as meta-llama/llama-models has them,
 *               split by the pattern of the base encoding
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Tiktoken } from "tiktoken";
import { encodeText } from "../src/encoding/encode.ts";
import { type Encoding, loadEncoding } from "../src/encoding/encodings.ts";
import { TokenList } from "../src/encoding/sinks.ts";
import { type Script, scriptOf, scripts } from "../src/estimate/scripts.ts";

/** Characters of a text that is measured; each file gives at most so many. */
const LENGTH = 1500;
const TEXTS_OF_A_FILE = 40;
/** What a ratio of 1 weighs against the texts. */
const PRIOR = 0.002;

interface Sample {
  /** Tokens of the base encoding, by script. */
  tokens: number[];
  /** Tokens of the tokenizer. */
  truth: number;
}

const [vocabulary = "", base = "", folder = ""] = process.argv.slice(2);
if (base !== "o200k_base" && base !== "cl100k_base") throw new Error("the base encoding is o200k_base or cl100k_base");
const samples = readSamples(await loadEncoding(base), readVocabulary(vocabulary, base), folder);
const ratios = fit(samples.filter((_, at) => at % 2 === 0));
report(
  samples.filter((_, at) => at % 2 === 1),
  ratios,
);

function readVocabulary(path: string, base: "o200k_base" | "cl100k_base"): Tiktoken {
  const pattern: string = JSON.parse(
    readFileSync(fileURLToPath(import.meta.resolve(`tiktoken/encoders/${base}.json`)), "utf8"),
  ).pat_str;
  const tokens = readFileSync(path, "utf8").trim().split("\n");
  return new Tiktoken(`! 0 ${tokens.map((line) => line.split(" ")[0]).join(" ")}`, {}, pattern);
}

function readSamples(encoding: Encoding, tokenizer: Tiktoken, folder: string): Sample[] {
  return readdirSync(folder).flatMap((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const parts = Array.from({ length: Math.min(TEXTS_OF_A_FILE, Math.ceil(text.length / LENGTH)) }, (_, at) =>
      text.slice(at * LENGTH, (at + 1) * LENGTH),
    );
    return parts
      .filter((part) => part.length > LENGTH / 5)
      .map((part) => ({ tokens: tokensByScript(part, encoding), truth: tokenizer.encode(part, [], []).length }));
  });
}

function tokensByScript(text: string, encoding: Encoding): number[] {
  const list = new TokenList(Number.POSITIVE_INFINITY, () => {
    throw new Error("a list without end is never full");
  });
  for (const _ of encodeText(text, encoding, list));
  const counts = scripts.map(() => 0);
  for (const token of list.tokens) {
    const at = scripts.indexOf(scriptOf(encoding.vocabulary.bytesOf(token) ?? new Uint8Array()));
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

/** Least squares of the relative errors, by coordinate descent; what no text tells stays near 1, nothing below 0.2. */
function fit(samples: Sample[]): number[] {
  const ratios = scripts.map(() => 1);
  for (let round = 0; round < 400; round++) {
    for (const [at, ratio] of ratios.entries()) {
      let upper = PRIOR;
      let lower = PRIOR;
      for (const { tokens, truth } of samples) {
        const own = tokens[at] ?? 0;
        upper += (own * (truth - estimate(tokens, ratios) + ratio * own)) / truth ** 2;
        lower += own ** 2 / truth ** 2;
      }
      ratios[at] = Math.max(0.2, upper / lower);
    }
  }
  return ratios;
}

function estimate(tokens: number[], ratios: number[]): number {
  return tokens.reduce((sum, count, at) => sum + count * (ratios[at] ?? 1), 0);
}

function report(samples: Sample[], ratios: number[]): void {
  const errors = samples.map((sample) => ({
    script: mainScript(sample, ratios),
    error: Math.abs(estimate(sample.tokens, ratios) - sample.truth) / sample.truth,
  }));
  const all = errors.map(({ error }) => error);
  print(`${samples.length} texts: median error ${share(all, 0.5)}, 95 % within ${share(all, 0.95)}`);
  for (const [at, script] of scripts.entries()) {
    const own = errors.filter((one) => one.script === script).map(({ error }) => error);
    const measured = own.length === 0 ? "not measured" : `95 % within ${share(own, 0.95)} (${own.length} texts)`;
    print(`${script.padEnd(12)} ratio ${(ratios[at] ?? 1).toFixed(2)}  ${measured}`);
  }
}

/** The script that a text is mainly in; letters with accents and tones are rarer than plain ones wherever they occur. */
function mainScript({ tokens }: Sample, ratios: number[]): Script {
  const total = tokens.reduce((sum, count) => sum + count, 0);
  const part = (script: Script) => (tokens[scripts.indexOf(script)] ?? 0) / total;
  if (part("vietnamese") > 0.05) return "vietnamese";
  const main = scripts.find(
    (script, at) =>
      !["latin", "accented", "symbol", "digits", "cut"].includes(script) && part(script) * (ratios[at] ?? 1) > 0.3,
  );
  return main ?? (part("accented") > 0.06 ? "accented" : "latin");
}

function share(values: number[], quantile: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  return `${(100 * (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? Number.NaN)).toFixed(1)} %`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
