import { describe, expect, test } from "vitest";
import { readPolicy } from "../src/settings/routing-policy.ts";
import { readSettings } from "../src/settings/settings.ts";

test("a setting that is missing or out of range has its default", () => {
  expect(readSettings({})).toMatchObject({
    defaultProvider: "cloudflare",
    allowedOrigins: new Set(),
    maxBodyBytes: 26_214_400,
    fault: null,
  });
  expect(readSettings({ MAX_BODY_BYTES: "99999999999", ALLOWED_ORIGINS: "https://a, https://b" })).toMatchObject({
    maxBodyBytes: 27 * 1024 * 1024,
    allowedOrigins: new Set(["https://a", "https://b"]),
  });
});

test("opened paths count however their owner wrote them", () => {
  const list = "/responses, v1/files/,/v1/batches,, //images";
  expect(readSettings({ PASSTHROUGH_PATHS: list }).passthroughPaths).toEqual([
    "/responses",
    "/files",
    "/batches",
    "/images",
  ]);
  expect(readSettings({}).passthroughPaths).toEqual([]);
});

test("a mistake in ROUTING is the owner's, and leaves the other settings as they are", () => {
  const settings = readSettings({ ROUTING: "{", DEFAULT_PROVIDER: " openai ", MAX_BODY_BYTES: "1" });
  expect(settings).toMatchObject({ defaultProvider: "openai", maxBodyBytes: 1 });
  expect(settings.policy).toEqual(readSettings({}).policy);
  expect(settings.fault).toMatchObject({
    status: 503,
    code: "not_configured",
    message: expect.stringContaining("ROUTING"),
  });
});

test.each(["25MB", "-1", "0.5", "Infinity"])("MAX_BODY_BYTES=%s is the owner's mistake, and is named", (limit) => {
  expect(readSettings({ MAX_BODY_BYTES: limit }).fault).toMatchObject({
    status: 503,
    code: "not_configured",
    message: expect.stringContaining("MAX_BODY_BYTES"),
  });
});

test("a list of paths or origins may be a JSON list, as wrangler's vars may", () => {
  const vars: Record<string, unknown> = {
    PASSTHROUGH_PATHS: ["/responses", "/files"],
    ALLOWED_ORIGINS: ["https://a", "https://b"],
  };
  expect(readSettings(vars)).toMatchObject({
    passthroughPaths: ["/responses", "/files"],
    allowedOrigins: new Set(["https://a", "https://b"]),
  });
});

test("an origin counts however its owner wrote it", () => {
  for (const origin of ["https://App.example", "https://app.example/", "https://app.example//"]) {
    expect(readSettings({ ALLOWED_ORIGINS: origin }).allowedOrigins).toEqual(new Set(["https://app.example"]));
  }
});

describe("the setting ROUTING", () => {
  test.each([
    ["{", "ROUTING is not valid JSON"],
    ['{"max_attempts":24}', "max_attempts: must be at most 23"],
    ['{"max_atempts":1}', "max_atempts"],
    ['{"pools":{"gpt4":{"targets":[{"model":"x"}]}}}', "is the name of a model or provider already"],
    ['{"pools":{"openai":{"targets":[{"model":"x"}]}}}', "is the name of a model or provider already"],
    ['{"pools":{"@cf/fast":{"targets":[{"model":"x"}]}}}', "is the name of a model or provider already"],
    ['{"pools":{"gpt-4o":{"targets":[{"model":"x"}]}}}', "is the name of a model or provider already"],
    ['{"pools":{"p":{"targets":[{"model":"x","weight":0}]}}}', "pools.p.targets.0.weight"],
    ['{"pools":{"openai/fast":{"targets":[{"model":"x"}]}}}', "is the name of a model or provider already"],
    ['{"pools":{"p":{"targets":[]}}}', "pools.p.targets"],
    [JSON.stringify({ pools: { p: { targets: Array(11).fill({ model: "x" }) } } }), "pools.p.targets"],
    [JSON.stringify({ fallbacks: { openai: Array(6).fill("llama4") } }), "fallbacks.openai"],
    ['{"timeout_ms":3600001}', "timeout_ms"],
    ['{"default_attempts":0}', "default_attempts"],
    ["[]", "ROUTING"],
  ])("%s is refused, and the message says why", (setting, message) => {
    expect(() => readPolicy(setting)).toThrow(
      expect.objectContaining({ status: 503, code: "not_configured", message: expect.stringContaining(message) }),
    );
  });

  test("says where it names a provider that is not built in", () => {
    const setting = '{"providers":{"groq":{},"openai":{}},"fallbacks":{"xai":["llama4"],"gemini":[]}}';
    expect(readPolicy(setting).upstreamKeys).toEqual([
      { name: "groq", path: "providers.groq" },
      { name: "xai", path: "fallbacks.xai" },
    ]);
  });
});
