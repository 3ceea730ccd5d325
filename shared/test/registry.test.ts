import { describe, expect, test } from "vitest";
import { findProvider, mayNameUpstream, providers, upstreamProvider } from "../registry.ts";

describe("whether a request may name an upstream", () => {
  test.each([
    [{}, false],
    [{ provider: null, model: null }, false],
    [{ provider: "openai" }, false],
    [{ provider: "groq" }, true],
    [{ provider: "openai", model: "groq/llama" }, false],
    [{ provider: "groq", model: "gpt-4o" }, true],
    [{ model: "gpt-4o" }, false],
    [{ model: "gemini/gemini-2.5-flash" }, false],
    [{ model: "groq/llama" }, true],
    [{ model: "/llama" }, true],
    [{ provider: "", model: "groq/llama" }, true],
    [{ model: "@cf/meta/llama-4-scout-17b-16e-instruct" }, false],
    [{ model: "@hf/meta/llama" }, true],
  ])("%j: %s", (words, expected) => {
    expect(mayNameUpstream(words)).toBe(expected);
  });
});

describe("an upstream as a provider", () => {
  const host = providers.find(({ hostsUpstreams }) => hostsUpstreams) ?? expect.fail("no provider hosts upstreams");

  test("can be asked for what its host can, but is no host itself and knows no models", () => {
    const groq = upstreamProvider(host, { name: "groq", defaultModel: "llama", renamedByRelay: { small: "llama-8b" } });
    expect(groq).toEqual({
      name: "groq",
      upstream: "groq",
      binding: host.binding,
      serves: host.serves,
      batchesPrompts: true,
      passesThrough: true,
      listsModels: true,
      aliases: { default: "llama" },
      renamedByRelay: { small: "llama-8b" },
      families: [],
      models: [],
    });
  });

  test("without a default model has none", () => {
    expect(upstreamProvider(host, { name: "groq" }).aliases).toEqual({});
  });

  test("of a host that can do less can do no more", () => {
    const plain = findProvider("gemini") ?? expect.fail("gemini is built in");
    expect(upstreamProvider(plain, { name: "x" })).not.toHaveProperty("passesThrough");
  });
});

test("each provider that is built in has a default model for all that it serves", () => {
  for (const { name, serves, aliases, defaultModels } of providers) {
    for (const type of serves) expect(defaultModels?.[type] ?? aliases.default, `${name} ${type}`).toBeDefined();
  }
});
