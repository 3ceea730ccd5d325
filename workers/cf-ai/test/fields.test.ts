import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CHAT_FIELDS } from "../src/fields.ts";
import { readmeRows } from "./readme-table.ts";

test("README.md prints the table of fields", () => {
  const printed = readmeRows(/^`\w+`$/).filter((row) => row.length === 4);
  expect(printed).toEqual(
    Object.entries(CHAT_FIELDS).map(([name, { native, openai, note }]) => [`\`${name}\``, native, openai, note]),
  );
});

test("every field of OpenAI's chat request has a fate of its own", () => {
  const spec = readFileSync(
    join(import.meta.dirname, "../../../node_modules/openai/resources/chat/completions/completions.d.ts"),
    "utf8",
  );
  const body = /interface ChatCompletionCreateParamsBase \{([\s\S]*?)\n\}/.exec(spec)?.[1] ?? "";
  const names = [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(30);
  expect(names.filter((name) => name !== undefined && !Object.hasOwn(CHAT_FIELDS, name))).toEqual([]);
});
