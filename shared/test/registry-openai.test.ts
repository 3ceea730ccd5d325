import { expect, test } from "vitest";
import { openai } from "../registry/openai.ts";
import { findModel, upstreamModel } from "../registry.ts";

test("names that OpenAI has retired go on working, served by a model that is there", () => {
  for (const name of ["gpt4", "gpt3", "default"]) {
    const served = findModel("openai", upstreamModel(openai, name));
    expect(served, name).toBeDefined();
    expect(served?.servedBy, name).toBeUndefined();
    expect(served?.features, name).toEqual(expect.arrayContaining(["tools", "streaming"]));
  }
});

test("every retired model is served by one that is not retired", () => {
  for (const { id, servedBy } of openai.models) {
    if (servedBy !== undefined) expect(findModel("openai", servedBy)?.servedBy, id).toBeUndefined();
    if (servedBy !== undefined) expect(findModel("openai", servedBy), id).toBeDefined();
  }
});

test("every model is listed once, belongs to the provider's families and says where its figures are from", () => {
  expect(new Set(openai.models.map(({ id }) => id)).size).toBe(openai.models.length);
  for (const { id, source, price, servedBy } of openai.models) {
    expect(
      openai.families.some((family) => family.test(id)),
      id,
    ).toBe(true);
    expect(source, id).toMatch(/as of 20\d\d-\d\d/);
    if (servedBy === undefined) expect(price, id).toBeDefined();
  }
});

test("the defaults of the other routes are models of their kind", () => {
  for (const type of ["embedding", "completion", "moderation"] as const) {
    expect(findModel("openai", openai.defaultModels?.[type] ?? "")?.type).toBe(type);
  }
});

test.each([
  ["gpt-4o", true],
  ["gpt-99-new", true],
  ["gpt-image-1", true],
  ["gpt-realtime", true],
  ["gpt-oss-120b", false],
  ["gpt-j-6b", false],
  ["gpt-neox-20b", false],
  ["gpt2", false],
  ["o3", true],
  ["o9-mini", true],
  ["o1js", false],
  ["chatgpt-image-latest", true],
  ["codex-mini-latest", true],
  ["ft:gpt-4o-mini:acme::1", true],
  ["text-embedding-3-large", true],
  ["text-embedding-ada-002", true],
  ["text-embedding-004", false],
  ["text-embedding-v4", false],
  ["text-embedding-nomic-embed-text-v1.5", false],
  ["omni-moderation-2024-09-26", true],
  ["babbage-002", true],
])("%s belongs to the families that OpenAI's API serves: %s", (id, served) => {
  expect(openai.families.some((family) => family.test(id))).toBe(served);
});
