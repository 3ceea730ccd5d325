import { ApiError } from "@ai-proxy/shared/errors";
import { findModel, providers } from "@ai-proxy/shared/registry";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import { describe, expect, test } from "vitest";
import { choose, type RouteRequest } from "../src/routing/choose.ts";

const groq: ProviderEntry = {
  name: "groq",
  upstream: "groq",
  binding: "OPENAI_RELAY",
  serves: ["chat"],
  aliases: { default: "llama-3.3-70b" },
  families: [],
  models: [],
};

/** The id that answers for an OpenAI model: another one, once it is retired. */
const serves = (id: string) => findModel("openai", id)?.servedBy ?? id;

const SCOUT = "@cf/meta/llama-4-scout-17b-16e-instruct";

const pick = (request: Omit<RouteRequest, "kind">, defaultProvider = "cloudflare") => {
  const { provider, model, rule, requestedModel } = choose(
    { kind: "chat", ...request },
    { entries: [...providers, groq], missing: null },
    defaultProvider,
  );
  return { provider: provider.name, model, rule, requestedModel };
};

describe("the route of a request", () => {
  test.each([
    ["1: a provider alone", { provider: "cloudflare" }, "cloudflare", SCOUT, 1],
    ["1: a configured upstream alone", { provider: "groq" }, "groq", "llama-3.3-70b", 1],
    ["2: provider and alias", { provider: "cloudflare", model: "llama4" }, "cloudflare", SCOUT, 2],
    ["2: provider and id", { provider: "openai", model: "gpt-4o" }, "openai", "gpt-4o", 2],
    ["2: provider and an id that only it knows", { provider: "openai", model: "ft:x:y" }, "openai", "ft:x:y", 2],
    ["2: provider and its own prefix", { provider: "openai", model: "openai/gpt-4o" }, "openai", "gpt-4o", 2],
    [
      "2: provider and a foreign prefix",
      { provider: "groq", model: "openai/gpt-oss-120b" },
      "groq",
      "openai/gpt-oss-120b",
      2,
    ],
    [
      "2: an upstream and an id that begins with its name",
      { provider: "groq", model: "groq/compound" },
      "groq",
      "groq/compound",
      2,
    ],
    ["2: provider and its prefix alone", { provider: "openai", model: "openai/" }, "openai", "openai/", 2],
    ["2: provider and a name of Object's", { provider: "openai", model: "constructor" }, "openai", "constructor", 2],
    ["3: provider/id", { model: "openai/gpt-4o" }, "openai", "gpt-4o", 3],
    ["3: provider/id with slashes", { model: "groq/meta/llama" }, "groq", "meta/llama", 3],
    ["3: provider/alias", { model: "cloudflare/llama4" }, "cloudflare", SCOUT, 3],
    ["4: @cf/", { model: "@cf/some/new-model" }, "cloudflare", "@cf/some/new-model", 4],
    ["5: an id", { model: "gemini-2.5-flash" }, "gemini", "gemini-2.5-flash", 5],
    ["5: an alias", { model: "llama4" }, "cloudflare", SCOUT, 5],
    ["5: an alias of another provider", { model: "gpt4" }, "openai", serves("gpt-4"), 5],
    ["5: the alias default", { model: "default" }, "cloudflare", SCOUT, 5],
    ["6: gpt-", { model: "gpt-99-new" }, "openai", "gpt-99-new", 6],
    ["6: o9", { model: "o9-mini" }, "openai", "o9-mini", 6],
    ["6: chatgpt-", { model: "chatgpt-99" }, "openai", "chatgpt-99", 6],
    ["6: gemini-", { model: "gemini-99-flash" }, "gemini", "gemini-99-flash", 6],
    ["7: nothing", {}, "cloudflare", SCOUT, 7],
    ["7: nulls", { provider: null, model: null }, "cloudflare", SCOUT, 7],
  ] as const)("rule %s", (_, request, provider, model, rule) => {
    expect(pick(request)).toMatchObject({ provider, model, rule });
  });

  test("without provider and model follows DEFAULT_PROVIDER", () => {
    expect(pick({}, "openai")).toMatchObject({ provider: "openai", rule: 7 });
  });

  test("needs no default where it does not use it; an unknown one is the owner's mistake", () => {
    expect(pick({ model: "gpt4" }, "acme")).toMatchObject({ provider: "openai" });
    for (const request of [{}, { model: "default" }]) {
      expect(() => pick(request, "acme")).toThrow(
        expect.objectContaining({ status: 503, code: "not_configured", message: expect.stringContaining("acme") }),
      );
    }
  });

  test("asks for a model where an upstream has no default", () => {
    const bare = { ...groq, aliases: {} };
    expect(() => choose({ kind: "chat", provider: "groq" }, { entries: [bare], missing: null }, "cloudflare")).toThrow(
      expect.objectContaining({
        status: 400,
        param: "model",
        code: "missing_required_parameter",
        message: "groq has no default model: name one.",
      }),
    );
  });

  test("keeps what the client asked for", () => {
    expect(pick({ model: "gpt4" }).requestedModel).toBe("gpt4");
  });

  test("replaces a retired model and says so", () => {
    const { model, requestedModel } = pick({ model: "gemini-pro" });
    expect(requestedModel).toBe("gemini-pro");
    expect(model).not.toBe("gemini-pro");
  });

  test("to an unknown provider is a 400 that lists those there are", () => {
    expect(() => pick({ provider: "acme" })).toThrow(
      expect.objectContaining({
        status: 400,
        param: "provider",
        code: "unknown_provider",
        message: expect.stringContaining("cloudflare, openai, gemini, groq"),
      }),
    );
  });

  test.each(["llama", "@hf", "meta/llama-3", "toString", "", "openai/", "/gpt-4o"])(
    "to the unknown model %j is a 404",
    (model) => {
      expect(() => pick({ model })).toThrow(ApiError);
      expect(() => pick({ model })).toThrow(
        expect.objectContaining({ status: 404, code: "model_not_found", param: "model" }),
      );
    },
  );
});
