import { providers } from "@ai-proxy/shared/registry";
import { describe, expect, test } from "vitest";
import type { Routed } from "../src/edge/validation.ts";
import { DEFAULT_POLICY, makePlan, type Policy, type Target } from "../src/routing/plan.ts";

function plan(body: Routed, policy: Partial<Policy> = {}, open: string[] = []) {
  return makePlan({
    body,
    kind: "chat",
    providers,
    defaultProvider: "cloudflare",
    policy: { ...DEFAULT_POLICY, ...policy },
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
    expect(attempts).toHaveLength(DEFAULT_POLICY.maxAttempts);
    expect(totalMs).toBe(DEFAULT_POLICY.maxTotalMs);
  });

  test("names a target once, however often it is listed", () => {
    expect(
      order({ model: "gpt4", fallbacks: ["gpt-4", "openai/gpt-4", "llama4"], routing: { max_attempts: 2 } }),
    ).toEqual(["openai", "cloudflare"]);
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

  test("has no fallbacks when the owner forbids them", () => {
    expect(order({ model: "gpt4", fallbacks: ["llama4"] }, { fallbacksAllowed: false, defaultAttempts: 2 })).toEqual([
      "openai",
      "openai",
    ]);
  });

  test("hedges only where there is another target", () => {
    expect(plan({ routing: { hedge_after_ms: 50 } }).hedgeAfterMs).toBeUndefined();
    expect(plan({ fallbacks: ["gpt4"], routing: { hedge_after_ms: 50 } }).hedgeAfterMs).toBe(50);
  });

  test("with an unknown fallback is refused before anyone is called", () => {
    expect(() => plan({ fallbacks: ["acme-1"] })).toThrow(expect.objectContaining({ status: 404 }));
  });
});
