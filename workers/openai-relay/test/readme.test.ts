import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PRESETS } from "../src/presets.ts";
import { QUIRKS } from "../src/quirks.ts";
import { Upstreams } from "../src/upstreams.ts";
import { presetRow } from "./preset-table.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

const needed = { azure: {}, vllm: {}, "workers-ai-rest": {}, "ai-gateway": {} };
const entries = Object.keys(PRESETS).map((name) => [
  name,
  name in needed ? { preset: name, base_url: "https://x/v1" } : {},
]);
const upstreams = new Upstreams({ UPSTREAMS: Object.fromEntries(entries) });

test("every preset is a valid upstream, with no more than an address", () => {
  expect(upstreams.problems()).toEqual([]);
  expect(upstreams.names()).toHaveLength(16);
});

test("the README prints the table of presets", () => {
  const rows = readme
    .slice(readme.indexOf("### Presets"), readme.indexOf("## What is rewritten"))
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.slice(1, -1).split("|"));
  expect(rows.map((cells) => cells.map((cell) => cell.trim()))).toEqual(
    Object.entries(PRESETS).map(([name, preset]) => presetRow(name, preset)),
  );
});

// Together's openapi.yaml (2026-11); llama.cpp reads max_completion_tokens since its pull request 19831; the inputs of
// Workers AI's native models in @cloudflare/workers-types. A limit under the other name is dropped in silence.
test.each(["together", "deepseek", "mistral", "ollama", "llamacpp", "lmstudio", "workers-ai-rest"])(
  "%s, which may know only max_tokens and the role system, is asked in these words",
  (name) => {
    expect(upstreams.get(name).quirks).toMatchObject({ token_limit: "max_tokens", instruction_role: "system" });
  },
);

test("the README lists every quirk with its values, the default first", () => {
  for (const [name, { wrapped }] of Object.entries(QUIRKS)) {
    expect(readme).toMatch(new RegExp(`^\\| \`${name}\` +\\| ${wrapped.options.join(", ")} +\\|`, "m"));
  }
});
