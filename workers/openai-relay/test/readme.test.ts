import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { QUIRKS } from "../src/quirks.ts";
import { Upstreams } from "../src/upstreams.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

const presets: unknown = JSON.parse(/```json\n([\s\S]*?)```/.exec(readme)?.[1] ?? "");
const upstreams = new Upstreams({ UPSTREAMS: presets });

test("every preset of the README is a valid upstream", () => {
  expect(upstreams.problems()).toEqual([]);
  expect(upstreams.names()).toHaveLength(12);
});

// Together's openapi.yaml (2026-11); llama.cpp reads max_completion_tokens since its pull request 19831; the inputs of
// Workers AI's native models in @cloudflare/workers-types. A limit under the other name is dropped in silence.
test.each(["together", "deepseek", "mistral", "ollama", "llamacpp", "workers-ai-rest"])(
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
