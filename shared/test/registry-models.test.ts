import { describe, expect, test } from "vitest";
import { embeddingBatch } from "../registry/cloudflare.ts";
import type { ProviderEntry } from "../registry/model.ts";
import { defaultProvider, findModel, findProvider, idAtProvider, providers, upstreamModel } from "../registry.ts";

test("a provider is found by its name", () => {
  for (const provider of providers) expect(findProvider(provider.name)).toBe(provider);
  for (const name of ["", "acme", "constructor", "OpenAI"]) expect(findProvider(name)).toBeUndefined();
});

test("who names nobody gets the first of the providers, whose default is a model of its own", () => {
  expect(providers[0]).toBe(defaultProvider);
  expect(findModel(defaultProvider.name, upstreamModel(defaultProvider, "default"))).toBeDefined();
});

test("every alias leads to a model that is listed and not retired", () => {
  for (const provider of providers) {
    for (const alias of Object.keys(provider.aliases)) {
      const served = findModel(provider.name, upstreamModel(provider, alias));
      expect(served, `${provider.name}/${alias}`).toBeDefined();
      expect(served?.servedBy, `${provider.name}/${alias}`).toBeUndefined();
    }
  }
});

describe("the id that goes upstream", () => {
  const acme: ProviderEntry = {
    name: "acme",
    binding: "OPENAI_RELAY",
    aliases: { default: "acme-2", short: "acme-1" },
    renamedByRelay: { "acme-1": "acme-one" },
    families: [],
    serves: ["chat"],
    models: [],
  };

  test.each([
    ["default", "acme-2", "acme-2"],
    ["short", "acme-1", "acme-one"],
    ["acme-1", "acme-1", "acme-one"],
    ["acme-9", "acme-9", "acme-9"],
    ["constructor", "constructor", "constructor"],
    ["toString", "toString", "toString"],
  ])("of %s is %s, which the relay may rename: %s", (name, upstream, shown) => {
    expect(upstreamModel(acme, name)).toBe(upstream);
    expect(idAtProvider(acme, name)).toBe(shown);
  });

  test("is not renamed where the relay renames nothing", () => {
    const { renamedByRelay: _, ...plain } = acme;
    expect(idAtProvider(plain, "acme-1")).toBe("acme-1");
  });
});

test.each([
  ["@cf/baai/bge-m3", 100],
  ["@cf/google/embeddinggemma-300m", 32],
  ["openai/text-embedding-3-small", Number.POSITIVE_INFINITY],
])("one call for embeddings of %s takes %d texts", (model, texts) => {
  expect(embeddingBatch(model)).toBe(texts);
});
