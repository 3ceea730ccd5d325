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
