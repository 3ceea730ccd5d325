import type { RelayStatus } from "@ai-proxy/shared/contract/relay";
import { providers } from "@ai-proxy/shared/registry";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Routed } from "../src/request/schemas.ts";
import { choose } from "../src/routing/choose.ts";
import type { GatewayEnv } from "../src/settings/env.ts";
import { readSettings, type Settings } from "../src/settings/settings.ts";

/** What the module remembers of the relay's list is forgotten before each test. */
let module: typeof import("../src/serving/providers.ts");
beforeEach(async () => {
  vi.resetModules();
  module = await import("../src/serving/providers.ts");
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const builtIn = providers.map(({ name }) => name);
const namesOf = (entries: readonly { name: string }[]) => entries.map(({ name }) => name);

const groq = { name: "groq", configured: true, defaultModel: "llama-3.3-70b" };

/** A relay of upstreams that tells these. */
function relayOf(status: () => Promise<Partial<RelayStatus>>) {
  const asked = vi.fn(status);
  const models = vi.fn(async ({ upstream }: { upstream?: string }) => [{ id: `${upstream ?? "own"}-model` }]);
  return { asked, env: { OPENAI_RELAY: { status: asked, models } } as unknown as GatewayEnv };
}

const withGroq = () => relayOf(async () => ({ upstreams: [groq], configured: true }));
const unreachable = () => relayOf(() => Promise.reject(new Error("down")));

const pool = { pools: { fast: { targets: [{ model: "groq/x" }] } } };

const request = new Request("https://gateway/");

const knownTo = (env: GatewayEnv, settings: Settings, body: Routed) =>
  module.knownProviders({ env, settings, request }, body);

describe("the relay of the owner's upstreams", () => {
  test.each<[string, Routed, Parameters<typeof readSettings>[0]]>([
    ["a built-in provider", { provider: "openai" }, {}],
    ["a built-in provider's prefix", { model: "gemini/gemini-2.5-flash" }, {}],
    ["an id of Workers AI", { model: "@cf/meta/llama-4-scout-17b-16e-instruct" }, {}],
    ["an alias", { model: "gpt4" }, { DEFAULT_PROVIDER: "groq" }],
    ["the default provider, which is built in", {}, { DEFAULT_PROVIDER: "openai" }],
    ["fallbacks that are built in", { model: "gpt4", fallbacks: ["llama4", { provider: "gemini" }] }, {}],
  ])("is not asked for a request that names %s", async (_, body, vars) => {
    const { asked, env } = withGroq();
    const { entries, missing } = await knownTo(env, readSettings(vars), body);
    expect([namesOf(entries), missing]).toEqual([builtIn, null]);
    expect(asked).not.toHaveBeenCalled();
  });

  test.each<[string, Routed, Parameters<typeof readSettings>[0]]>([
    ["a provider that is not built in", { provider: "groq" }, {}],
    ["a prefix that is none of a built-in provider", { model: "groq/llama" }, {}],
    ["such a fallback", { model: "gpt4", fallbacks: ["groq/llama"] }, {}],
    ["such a fallback, as an object", { model: "gpt4", fallbacks: [{ provider: "groq" }] }, {}],
    ["nobody, the default being an upstream", {}, { DEFAULT_PROVIDER: "groq" }],
    ["the alias default likewise", { model: "default" }, { DEFAULT_PROVIDER: "groq" }],
    ["a pool of the owner's with an upstream", { model: "fast" }, { ROUTING: JSON.stringify(pool) }],
    ["what a chain to an upstream may follow", { model: "gpt4" }, { ROUTING: '{"fallbacks":{"openai":["groq/x"]}}' }],
  ])("is asked for a request that names %s", async (_, body, vars) => {
    const { asked, env } = withGroq();
    const { entries, missing } = await knownTo(env, readSettings(vars), body);
    expect(asked).toHaveBeenCalledOnce();
    expect(missing).toBeNull();
    expect(entries.at(-1)).toMatchObject({
      name: "groq",
      upstream: "groq",
      binding: "OPENAI_RELAY",
      aliases: { default: "llama-3.3-70b" },
      serves: expect.arrayContaining(["chat", "embedding", "moderation"]),
      passesThrough: true,
      listsModels: true,
    });
  });

  test("is asked once a minute", async () => {
    vi.useFakeTimers();
    const { asked, env } = withGroq();
    const ask = () => knownTo(env, readSettings({}), { provider: "groq" });
    await ask();
    vi.advanceTimersByTime(60_000);
    await ask();
    expect(asked).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    await ask();
    expect(asked).toHaveBeenCalledTimes(2);
  });
});

describe("when the relay cannot say which upstreams there are", () => {
  const ofRelay = (relay: ReturnType<typeof relayOf>, body: Routed, vars = {}) =>
    knownTo(relay.env, readSettings(vars), body);

  test("a request that may mean one is a 502, and the next one asks again", async () => {
    const relay = unreachable();
    const { entries, missing } = await ofRelay(relay, { provider: "groq" });
    expect(namesOf(entries)).toEqual(builtIn);
    expect(missing).toMatchObject({ status: 502, code: "relay_unavailable" });
    await ofRelay(relay, { provider: "groq" });
    expect(relay.asked).toHaveBeenCalledTimes(2);
  });

  test("a mistake in the owner's list is a 503 that says so", async () => {
    const problem = "UPSTREAMS is not JSON.";
    const relay = relayOf(async () => ({ upstreams: [], problem }));
    const { missing } = await ofRelay(relay, { provider: "groq" });
    expect(missing).toMatchObject({ status: 503, code: "not_configured", message: expect.stringContaining(problem) });
  });

  test("a request that means a built-in provider goes there all the same", async () => {
    const chain = { ROUTING: '{"fallbacks":{"gemini":["groq/x"]},"providers":{"groq":{}}}' };
    const found = await ofRelay(unreachable(), { model: "gpt-4o" }, chain);
    expect(choose({ model: "gpt-4o", kind: "chat" }, found, "cloudflare").provider.name).toBe("openai");
    for (const request of [{ provider: "groq" }, { model: "groq/x" }]) {
      expect(() => choose({ ...request, kind: "chat" }, found, "cloudflare")).toThrow(
        expect.objectContaining({ code: "relay_unavailable" }),
      );
    }
    expect(() => choose({ kind: "chat" }, found, "groq")).toThrow(
      expect.objectContaining({ code: "relay_unavailable" }),
    );
  });

  test("because it is older than upstreams are, there are none", async () => {
    const old = new TypeError('The RPC receiver does not implement the method "status".');
    const { entries, missing } = await ofRelay(
      relayOf(() => Promise.reject(old)),
      { provider: "groq" },
    );
    expect([namesOf(entries), missing]).toEqual([builtIn, null]);
  });
});

describe("a name in ROUTING", () => {
  const settings = readSettings({ ROUTING: '{"providers":{"vllm":{"timeout_ms":9000}}}' });

  test("that the relay did not know yet is asked for again by the next request", async () => {
    const upstreams: RelayStatus["upstreams"] = [];
    const { env } = relayOf(async () => ({ upstreams, configured: true }));
    const ask = () => knownTo(env, settings, { model: "llama4" });
    await expect(ask()).rejects.toMatchObject({ status: 503, code: "not_configured" });
    upstreams.push({ name: "vllm", configured: true });
    expect((await ask()).entries).toHaveLength(4);
  });

  test("is believed while the relay does not answer", async () => {
    await expect(knownTo(unreachable().env, settings, { model: "llama4" })).resolves.toBeDefined();
  });
});

describe("an upstream", () => {
  const entryOf = async (upstream: RelayStatus["upstreams"][number]) => {
    const { env } = relayOf(async () => ({ upstreams: [upstream], configured: true }));
    return (await module.allProviders({ env, settings: readSettings({}), request })).slice(builtIn.length);
  };

  test("that needs a model named has no default", async () => {
    expect(await entryOf({ name: "a", configured: true })).toMatchObject([{ aliases: {} }]);
  });

  test("has the names that its relay turns into other ids", async () => {
    const renaming = { name: "a", configured: false, models: { x: "y" } };
    expect(await entryOf(renaming)).toMatchObject([{ aliases: {}, renamedByRelay: { x: "y" } }]);
  });

  test("whose entry cannot be read is asked for its default, and the relay says what is wrong", async () => {
    expect(await entryOf({ name: "a", configured: false })).toMatchObject([{ aliases: { default: "default" } }]);
  });

  test("by the name of a built-in provider is never asked, and the log says so", async () => {
    const logged = vi.spyOn(console, "log").mockImplementation(() => {});
    expect(await entryOf({ name: "gemini", configured: true })).toEqual([]);
    expect(JSON.stringify(logged.mock.calls)).toContain("UPSTREAMS.gemini");
  });
});

test("every provider that can list its models is asked for them, and one that cannot answer has none", async () => {
  const { env } = withGroq();
  const context = { env, settings: readSettings({}), request, requestId: "r", session: { id: "s", known: true } };
  expect(Object.fromEntries(await module.liveLists(context))).toEqual({
    openai: [{ id: "own-model" }],
    groq: [{ id: "groq-model" }],
  });
  const failing = { ...env.OPENAI_RELAY, models: () => Promise.reject(new Error("down")) };
  const lists = await module.liveLists({ ...context, env: { ...env, OPENAI_RELAY: failing } });
  expect([...lists.values()]).toEqual([[], []]);
});
