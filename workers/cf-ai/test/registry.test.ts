import { cloudflare } from "@ai-proxy/shared/registry/cloudflare";
import { expect, test } from "vitest";
import { CATALOGUE } from "./fixtures/catalogue.ts";

test("every text and embedding model of Cloudflare's own catalogue is registered", () => {
  const wanted = Object.entries(CATALOGUE).flatMap(([id, isText]) => (isText ? [id] : []));
  const registered = cloudflare.models.map(({ id }) => id);
  expect(registered).toEqual(expect.arrayContaining(wanted));
});

test("a retired model that Cloudflare serves by another is served by one that is there", () => {
  const retired = cloudflare.models.filter(({ servedBy }) => servedBy !== undefined);
  expect(retired.map(({ id }) => id)).toContain("@cf/moonshotai/kimi-k2.5");
  for (const { id, servedBy } of retired) {
    const served = cloudflare.models.find((model) => model.id === servedBy);
    expect(served, id).toMatchObject({ contextWindow: expect.any(Number), price: expect.anything() });
    expect(served?.servedBy, id).toBeUndefined();
  }
});

test("no id is there twice, no limit exceeds its window, and aliases exist", () => {
  const registered = cloudflare.models.map((model) => model.id);
  expect(new Set(registered).size).toBe(registered.length);
  for (const { id, contextWindow, maxOutputTokens } of cloudflare.models) {
    expect(maxOutputTokens ?? 0, id).toBeLessThanOrEqual(contextWindow ?? 0);
  }
  for (const id of [...Object.values(cloudflare.aliases), ...Object.values(cloudflare.defaultModels ?? {})]) {
    expect(registered).toContain(id);
  }
});
