import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cloudflare } from "@ai-proxy/shared/registry/cloudflare";
import { expect, test } from "vitest";

const types = readFileSync(createRequire(import.meta.url).resolve("@cloudflare/workers-types/index.d.ts"), "utf8");
const catalogue = /interface AiModels \{([^}]*)\}/.exec(types)?.[1] ?? "";
const ids = [...catalogue.matchAll(/"(@[^"]+)": (\w+);/g)].map(([, id = "", type = ""]) => ({ id, type }));

/** By their types: what is neither a text nor an embedding model. */
const OTHER =
  /image|flux|stable|dreamshaper|whisper|nova|aura|melotts|distilbert|resnet|bart|llava|m2m100|uform|reranker|turn|phoenix|lucid|indictrans|speech|moondream/i;

test("every text and embedding model of Cloudflare's own catalogue is registered", () => {
  expect(ids.length).toBeGreaterThan(80);
  const wanted = ids.map(({ id }) => id).filter((id) => !OTHER.test(id));
  expect(wanted.length).toBeGreaterThan(60);
  expect(wanted.filter((id) => !cloudflare.models.some((model) => model.id === id))).toEqual([]);
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
