import { providers } from "@ai-proxy/shared/registry";
import { describe, expect, test } from "vitest";
import type { Routed } from "../src/request/schemas.ts";
import { deadlinesOf } from "../src/routing/deadlines.ts";
import { makePlan, type PlanInput, type Target } from "../src/routing/plan.ts";
import { type Policy, readPolicy } from "../src/settings/routing-policy.ts";

const OPENAI_LIKE = { binding: "OPENAI_RELAY", serves: ["chat"], batchesPrompts: true } as const;

function plan(body: Routed, policy: Partial<Policy> = {}, open: string[] = [], more: Partial<PlanInput> = {}) {
  return makePlan({
    body,
    kind: "chat",
    title: "moderations",
    providers: { entries: providers, missing: null },
    defaultProvider: "cloudflare",
    policy: { ...readPolicy(""), ...policy },
    sessionId: "s",
    random: () => 0.5,
    ...more,
    circuit: ({ provider }: Target) => (open.includes(provider.name) ? "open" : "closed"),
  });
}

const order = (...args: Parameters<typeof plan>) => plan(...args).attempts.map(({ target }) => target.provider.name);

describe("a plan", () => {
  test("of one target tries it again", () => {
    const reasons = plan({ model: "gpt4" }).attempts.map(({ reason }) => reason);
    expect(reasons).toEqual(["rule 5", "retry 1", "retry 2"]);
  });

  test("goes to every fallback before it tries a target again", () => {
    expect(
      order({
        model: "gpt-4o",
        fallbacks: ["gemini/gemini-2.5-flash", { provider: "cloudflare" }],
        routing: { max_attempts: 5 },
      }),
    ).toEqual(["openai", "gemini", "cloudflare", "openai", "gemini"]);
  });

  test("of one attempt has one", () => {
    expect(order({ model: "gpt-4o", fallbacks: ["gemini-2.5-flash"], routing: { max_attempts: 1 } })).toEqual([
      "openai",
    ]);
  });

  test("is cut down to the owner's bounds", () => {
    const { attempts, totalMs } = plan({ routing: { max_attempts: 10, timeout_ms: 3_600_000 } });
    expect(attempts).toHaveLength(6);
    expect(totalMs).toBe(900_000);
  });

  test("names a target once, however often it is listed", () => {
    expect(
      order({ model: "gpt4", fallbacks: ["gpt4", "openai/gpt4", "llama4"], routing: { max_attempts: 2 } }),
    ).toEqual(["openai", "cloudflare"]);
  });

  test("tells apart two models of a provider, and one model at two providers", () => {
    const { attempts } = plan({ model: "gpt-4o", fallbacks: ["gpt-4o-mini"], routing: { max_attempts: 4 } });
    expect(attempts.map(({ target, reason }) => [target.model, reason])).toEqual([
      ["gpt-4o", "rule 5"],
      ["gpt-4o-mini", "fallback"],
      ["gpt-4o", "retry 1"],
      ["gpt-4o-mini", "retry 1"],
    ]);
    const acme = { name: "acme", ...OPENAI_LIKE, aliases: {}, families: [], models: [] } as const;
    const known = { providers: { entries: [...providers, acme], missing: null } };
    const twice = plan({ model: "gpt-4o", fallbacks: ["acme/gpt-4o"], routing: { max_attempts: 2 } }, {}, [], known);
    expect(twice.attempts.map(({ target, reason }) => [target.provider.name, reason])).toEqual([
      ["openai", "rule 5"],
      ["acme", "fallback"],
    ]);
  });

  test("puts a target with an open circuit last", () => {
    expect(order({ model: "gpt4", fallbacks: ["llama4"], routing: { max_attempts: 2 } }, {}, ["openai"])).toEqual([
      "cloudflare",
      "openai",
    ]);
  });

  test("keeps the only target although its circuit is open", () => {
    expect(order({ model: "gpt4", routing: { max_attempts: 1 } }, {}, ["openai"])).toEqual(["openai"]);
  });

  test("uses the owner's chain when the request names none", () => {
    const chain = { defaultFallbacks: { openai: ["llama4"] }, defaultAttempts: 2 };
    expect(order({ model: "gpt4" }, chain)).toEqual(["openai", "cloudflare"]);
    expect(order({ model: "gpt4", fallbacks: [] }, chain)).toEqual(["openai", "openai"]);
  });

  test("takes an upstream by any name, one that every object has among them", () => {
    const upstream = { name: "constructor", ...OPENAI_LIKE, aliases: {}, families: [], models: [] } as const;
    const known = { providers: { entries: [...providers, upstream], missing: null } };
    expect(order({ model: "constructor/x", routing: { max_attempts: 1 } }, {}, [], known)).toEqual(["constructor"]);
  });

  test("of a request that names fallbacks is refused when the owner forbids them", () => {
    const forbidden = { clientFallbacks: false, defaultFallbacks: { openai: ["llama4"] } };
    expect(() => plan({ model: "gpt4", fallbacks: ["llama4"] }, forbidden)).toThrow(
      expect.objectContaining({ status: 400, param: "fallbacks", code: "unsupported_parameter" }),
    );
    expect(order({ model: "gpt4", routing: { max_attempts: 2 } }, forbidden)).toEqual(["openai", "cloudflare"]);
    expect(order({ model: "gpt4", fallbacks: [], routing: { max_attempts: 1 } }, forbidden)).toEqual(["openai"]);
  });

  test("of several prompts stays below Cloudflare's subrequests: each is a request of its own, but not at OpenAI", () => {
    const attempts = (model: string, count: number, fallbacks: string[] = []) =>
      plan({ model, prompt: Array(count).fill("x"), fallbacks, routing: { max_attempts: 6 } } as Routed, {}, [], {
        kind: "completion",
      }).attempts.length;
    expect([attempts("gemini-2.5-flash", 32), attempts("llama4", 10), attempts("llama4", 1)]).toEqual([1, 4, 6]);
    expect([attempts("gpt-4o", 32), attempts("gpt-4o", 20, ["llama4"])]).toEqual([6, 2]);
    const body = { model: "llama4", prompt: Array(32).fill("x"), routing: { max_attempts: 6 } } as Routed;
    expect(plan(body).attempts).toHaveLength(6);
    const tokens = { ...body, prompt: Array(32).fill(1) } as Routed;
    expect(plan(tokens, {}, [], { kind: "completion" }).attempts).toHaveLength(6);
  });

  test("of many texts to embed stays below them too, where a request takes few", () => {
    const attempts = (model: string, count: number, fallbacks: string[] = []) =>
      plan({ model, input: Array(count).fill("x"), fallbacks } as Routed, {}, [], { kind: "embedding" }).attempts
        .length;
    expect([attempts("@cf/baai/bge-m3", 1_000), attempts("@cf/baai/bge-m3", 2_048)]).toEqual([3, 2]);
    expect([attempts("@cf/qwen/qwen3-embedding-0.6b", 1_440), attempts("@cf/qwen/qwen3-embedding-0.6b", 32)]).toEqual([
      1, 3,
    ]);
    expect([attempts("text-embedding-3-small", 2_048), attempts("cloudflare/openai/x", 2_048)]).toEqual([3, 3]);
  });

  test("of a stream in JSON mode stays below them too where that may be asked for twice", () => {
    const policy = readPolicy('{"max_attempts":23,"default_attempts":23}');
    const attempts = (body: Routed) => plan({ stream: true, ...body }, policy).attempts.length;
    const inJson = (model: string) => ({ model, response_format: { type: "json_object" } }) as Routed;
    expect([attempts(inJson("llama4")), attempts(inJson("gpt4")), attempts({ model: "llama4" })]).toEqual([15, 23, 23]);
  });

  test("hedges only where there is another target", () => {
    expect(plan({ routing: { hedge_after_ms: 50 } }).hedgeAfterMs).toBeUndefined();
    expect(plan({ fallbacks: ["gpt4"], routing: { hedge_after_ms: 50 } }).hedgeAfterMs).toBe(50);
  });

  test.each([
    [["acme-1"], 404, "fallbacks[0]"],
    [["llama4", "acme/x"], 404, "fallbacks[1]"],
    [[{ provider: "acme" }], 400, "fallbacks[0].provider"],
  ])("with the unknown fallback %j is refused before anyone is asked, and says which", (fallbacks, status, param) => {
    expect(() => plan({ fallbacks })).toThrow(expect.objectContaining({ status, param }));
  });

  test("whose owner has misspelt a chain is refused as the owner's mistake", () => {
    expect(() => plan({ model: "gpt4" }, { defaultFallbacks: { openai: ["llama4", "gemni/x"] } })).toThrow(
      expect.objectContaining({
        status: 503,
        code: "not_configured",
        message: expect.stringContaining("fallbacks.openai[1]"),
      }),
    );
  });

  test("of embeddings does not follow a chain of chat models, whose vectors mean something else", () => {
    const chain = { defaultFallbacks: { openai: ["llama4", "gemini/gemini-embedding-001"] } };
    expect(order({ provider: "openai", routing: { max_attempts: 2 } }, chain, [], { kind: "embedding" })).toEqual([
      "openai",
      "gemini",
    ]);
    expect(order({ provider: "openai", routing: { max_attempts: 2 } }, chain, [], { kind: "completion" })).toEqual([
      "openai",
      "cloudflare",
    ]);
  });

  test.each([
    [{ provider: "gemini" }, "provider"],
    [{ model: "llama4" }, "model"],
    [{ fallbacks: ["gemini/gemini-2.5-flash"] }, "fallbacks[0]"],
  ])("of moderations goes where there are some: not %j", (body, param) => {
    expect(() => plan(body, {}, [], { kind: "moderation" })).toThrow(
      expect.objectContaining({ status: 400, code: "unsupported_endpoint", param }),
    );
    const chain = { defaultFallbacks: { openai: ["llama4"] } };
    expect(new Set(order({}, chain, [], { kind: "moderation" }))).toEqual(new Set(["openai"]));
  });

  test("is bounded by what the caller's binding allows, whatever the request asks for", () => {
    const more = { callerLimits: { max_attempts: 2, timeout_ms: 5_000, first_byte_timeout_ms: 1_000 } };
    const { attempts, totalMs } = plan(
      { stream: true, routing: { max_attempts: 6, timeout_ms: 60_000 } },
      {},
      [],
      more,
    );
    expect(attempts).toHaveLength(2);
    expect(totalMs).toBe(5_000);
    expect(attempts[0]?.deadlines.firstByteMs).toBe(1_000);
  });

  test("waits for a first byte only where there is a stream", () => {
    expect(plan({ stream: true }).attempts[0]?.deadlines.firstByteMs).toBe(120_000);
    expect(plan({}).attempts[0]?.deadlines.firstByteMs).toBe(600_000);
  });

  test("leaves half of the time to the targets behind one, however many, but what is asked for goes before", () => {
    const times = (...args: Parameters<typeof plan>) => {
      const { attempts, totalMs } = plan(...args);
      return attempts.map(({ deadlines }) => deadlinesOf(deadlines, totalMs).firstByteMs);
    };
    const two = { model: "gpt4", fallbacks: ["llama4"], routing: { timeout_ms: 3_000, max_attempts: 3 } };
    expect(times(two)).toEqual([1_500, 3_000, 3_000]);
    expect(times({ ...two, fallbacks: ["llama4", "gemini-2.5-flash"] })).toEqual([1_500, 1_500, 3_000]);
    expect(times({ ...two, stream: true })).toEqual([1_500, 3_000, 3_000]);
    expect(times({ ...two, routing: { ...two.routing, max_attempts: 1 } })).toEqual([3_000]);
    expect(times({ ...two, routing: { ...two.routing, first_byte_timeout_ms: 2_000 } })).toEqual([2_000, 2_000, 2_000]);
    expect(times({ ...two, stream: true, routing: {} })).toEqual([120_000, 120_000, 120_000]);
  });

  test("bounds the wait for content only while a target follows that was not tried", () => {
    const bounds = (body: Routed) => plan(body).attempts.map(({ deadlines }) => deadlines.boundsContent);
    expect(bounds({ model: "gpt4", stream: true })).toEqual([false, false, false]);
    expect(bounds({ model: "gpt4", fallbacks: ["llama4"], stream: true })).toEqual([true, false, false]);
  });

  test("takes the owner's times", () => {
    // As the object too that a JSON var is.
    const policy = readPolicy({ timeout_ms: 9000, first_byte_timeout_ms: 7, idle_timeout_ms: 8 });
    const { attempts, totalMs } = plan({ model: "gpt4", stream: true }, policy);
    expect(totalMs).toBe(9_000);
    expect(attempts[0]?.deadlines).toMatchObject({ firstByteMs: 7, idleMs: 8 });
  });

  test("takes the times of each target's provider", () => {
    const policy = readPolicy(
      '{"providers":{"openai":{"first_byte_timeout_ms":7,"idle_timeout_ms":8,"timeout_ms":9000}}}',
    );
    const { attempts, totalMs } = plan({ model: "gpt4", stream: true, fallbacks: ["llama4"] }, policy);
    expect(totalMs).toBe(9_000);
    expect(attempts[0]?.deadlines).toMatchObject({ firstByteMs: 7, idleMs: 8 });
    const second = attempts.slice(1, 2).map(({ deadlines }) => deadlinesOf(deadlines, totalMs));
    expect(second).toMatchObject([{ firstByteMs: 9_000, idleMs: 9_000 }]);
  });
});

describe("a pool", () => {
  const policy = (sticky: boolean) =>
    readPolicy(
      JSON.stringify({
        pools: { fast: { sticky, targets: [{ model: "openai/gpt-4", weight: 3 }, { model: "llama4" }] } },
      }),
    );
  const first = (sessionId: string, sticky: boolean, random: () => number = Math.random) =>
    order({ model: "fast" }, policy(sticky), [], { sessionId, random })[0];

  test("tries its targets in turn and answers under its own name", () => {
    const { attempts, choice } = plan({ model: "fast" }, policy(false));
    expect(attempts.map(({ target }) => target.requestedModel)).toEqual(["fast", "fast", "fast"]);
    expect(new Set(attempts.map(({ target }) => target.provider.name))).toEqual(new Set(["openai", "cloudflare"]));
    expect(choice).toMatchObject({ requestedModel: "fast", rule: 5 });
  });

  test("with a model that cannot be placed is the owner's mistake", () => {
    const misspelt = readPolicy('{"pools":{"fast":{"targets":[{"model":"gemni/x"}]}}}');
    expect(() => plan({ model: "fast" }, misspelt)).toThrow(
      expect.objectContaining({
        status: 503,
        code: "not_configured",
        message: expect.stringContaining("ROUTING: pools.fast: "),
      }),
    );
  });

  test("shares requests by weight", () => {
    const openai = Array.from({ length: 2_000 }, () => first("s", false)).filter((name) => name === "openai").length;
    expect(openai / 2_000).toBeGreaterThan(0.68);
    expect(openai / 2_000).toBeLessThan(0.82);
  });

  test("that is sticky keeps a session where it is, and shares the sessions by weight", () => {
    const sessions = Array.from({ length: 2_000 }, (_, at) => `session-${at}`);
    const openai = sessions.filter((id) => first(id, true) === "openai");
    expect(openai.length / 2_000).toBeGreaterThan(0.68);
    expect(openai.length / 2_000).toBeLessThan(0.82);
    for (const id of sessions.slice(0, 50)) expect(first(id, true, () => 0.1)).toBe(first(id, true, () => 0.9));
  });
});
