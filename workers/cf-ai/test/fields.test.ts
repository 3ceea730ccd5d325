import { expect, test } from "vitest";
import { CHAT_FIELDS } from "../src/fields.ts";
import { readmeRows } from "./readme-table.ts";

test("README.md prints the table of fields", () => {
  const printed = readmeRows(/^`\w+`$/).filter((row) => row.length === 4);
  expect(printed).toEqual(
    Object.entries(CHAT_FIELDS).map(([name, { native, openai, note }]) => [`\`${name}\``, native, openai, note]),
  );
});
