import type { RelayReply, StreamEnd, StreamReply, WholeReply } from "@ai-proxy/shared/contract/relay";
import { ApiError, type Condition } from "@ai-proxy/shared/errors";
import { providers } from "@ai-proxy/shared/registry";
import { failureReply, jsonReply } from "@ai-proxy/shared/upstream/reply";
import { describe, expect, test, vi } from "vitest";
import type { Routed } from "../src/request/schemas.ts";
import { type AttemptOptions, type ExecuteIo, execute } from "../src/routing/execute.ts";
import { makePlan, type Target } from "../src/routing/plan.ts";
import { readPolicy } from "../src/settings/routing-policy.ts";

/** A reply, or a time after which it comes. */
type Scripted = RelayReply | { after: number; reply: RelayReply } | "never";

const ok = (text: string): WholeReply => jsonReply({ text }, null);

function failure(
  condition: Condition,
  status = 502,
  extra: { retryAfterMs?: number; keysLeft?: number; key?: number; upstreamStatus?: number } = {},
): WholeReply {
  const { keysLeft, key, ...rest } = extra;
  const reply = failureReply(
    new ApiError({ status, message: condition, condition, ...rest }),
    keysLeft === undefined ? {} : { keysLeft },
  );
  return key === undefined || reply.failure === undefined ? reply : { ...reply, failure: { ...reply.failure, key } };
}

const USAGE = { promptTokens: 5, completionTokens: 7, cachedTokens: 0, reasoningTokens: 0 };

function stream(
  end: StreamEnd = { end: "aborted", usage: null, usageEstimated: false },
): StreamReply & { cancel: ReturnType<typeof vi.fn<() => void>> } {
  return { response: new Response("data: x\n\n"), usage: async () => end, cancel: vi.fn<() => void>() };
}

/** Executes a plan in a world whose time is ours. */
async function run(body: Routed, script: Record<string, Scripted[]>, options: { leaveAt?: number } = {}) {
  const plan = makePlan({
    body,
    kind: "chat",
    title: "chats",
    providers: { entries: providers, missing: null },
    defaultProvider: "cloudflare",
    policy: readPolicy(""),
    sessionId: "s",
    random: () => 0.5,
    circuit: () => "closed",
  });
  const asked: { provider: string; at: number; options: AttemptOptions }[] = [];
  let now = 0;
  const timers = new Set<{ at: number; ring: () => void }>();
  const sleep = (ms: number) => {
    const timer = { at: now + ms, ring: () => {} };
    const done = new Promise<void>((resolve) => {
      timer.ring = resolve;
    });
    timers.add(timer);
    return { done, stop: () => void timers.delete(timer) };
  };
  const health = { began: vi.fn(), succeeded: vi.fn(), failed: vi.fn(), unknown: vi.fn() };
  const io: ExecuteIo = {
    ask: ({ provider }: Target, attempt) => {
      if (script[provider.name] === undefined) throw new Error(`no binding for ${provider.name}`);
      return answer(provider, attempt);
    },
    now: () => now,
    random: () => 1,
    timer: sleep,
    clientLeft: options.leaveAt === undefined ? new Promise(() => {}) : sleep(options.leaveAt).done,
    health,
  };
  const answer = async (provider: Target["provider"], attempt: AttemptOptions): Promise<RelayReply> => {
    asked.push({ provider: provider.name, at: now, options: attempt });
    const next = script[provider.name]?.shift();
    if (next === undefined) throw new Error(`nothing scripted for ${provider.name}`);
    if (next === "never") return new Promise(() => {});
    if (!("after" in next)) return next;
    await sleep(next.after).done;
    return next.reply;
  };
  let outcome: Awaited<ReturnType<typeof execute>> | undefined;
  void execute(plan, io).then((result) => {
    outcome = result;
  });
  /** Lets the next timer ring, once all has happened that waits for none. */
  const ring = async (isOver: () => boolean) => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    const next = [...timers].toSorted((a, b) => a.at - b.at)[0];
    if (isOver()) return;
    if (next === undefined) throw new Error("nothing will ever happen");
    timers.delete(next);
    now = Math.max(now, next.at);
    next.ring();
  };
  for (let step = 0; outcome === undefined && step < 1_000; step++) await ring(() => outcome !== undefined);
  if (outcome === undefined) throw new Error("no outcome");
  const status = "status" in outcome.reply ? outcome.reply.status : 200;
  /** What is still to come, comes. */
  const later = async () => {
    for (let left = timers.size; left >= 0; left--) await ring(() => timers.size === 0);
  };
  return { ...outcome, asked, health, now, status, later, timersLeft: timers.size };
}

const both: Routed = { model: "gpt-4o", fallbacks: ["llama4"] };

describe("an attempt that fails", () => {
  test.each(["bad_request", "model_not_found", "too_large"] as const)(
    "with %s is final: nobody else is asked",
    async (condition) => {
      const { asked, status } = await run(both, { openai: [failure(condition, 400)], cloudflare: [ok("no")] });
      expect(asked).toHaveLength(1);
      expect(status).toBe(400);
    },
  );

  test.each([
    "rate_limited",
    "quota_exhausted",
    "auth",
    "overloaded",
    "upstream_error",
    "timeout",
    "network",
    "invalid_response",
    "empty_completion",
    "internal",
  ] as const)("with %s goes to the fallback at once", async (condition) => {
    const { asked, target, now } = await run(both, { openai: [failure(condition)], cloudflare: [ok("yes")] });
    expect(asked.map(({ provider }) => provider)).toEqual(["openai", "cloudflare"]);
    expect(target.provider.name).toBe("cloudflare");
    expect(now).toBe(0);
  });

  test("is tried again after a wait that grows, when there is nobody else", async () => {
    const script = [failure("upstream_error"), failure("upstream_error"), ok("yes")];
    const { asked, attempts } = await run({ model: "gpt-4o" }, { openai: script });
    expect(asked.map(({ at }) => at)).toEqual([0, 500, 1_500]);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["upstream_error", "upstream_error", "ok"]);
  });

  test("is noted with the provider's status and its own time", async () => {
    const reply = failure("overloaded", 502, { upstreamStatus: 529 });
    const script = { openai: [failure("network"), { after: 40, reply }, ok("yes")] };
    const { attempts } = await run({ model: "gpt-4o" }, script);
    expect(attempts).toMatchObject([
      { provider: "openai", model: "gpt-4o", outcome: "network", status: null, ms: 0 },
      { outcome: "overloaded", status: 529, ms: 40 },
      { outcome: "ok", status: null, ms: 0 },
    ]);
  });

  test("is noted with what it used and how often it asked its provider", async () => {
    const reply = { ...failure("empty_completion"), usage: USAGE, upstreamRequests: 2 };
    const answer = { ...ok("yes"), usage: USAGE, usageEstimated: true };
    const { attempts } = await run({ model: "gpt-4o" }, { openai: [reply, failure("network"), answer] });
    expect(attempts).toMatchObject([
      { usage: { usage: USAGE, estimated: false }, upstreamRequests: 2 },
      { usage: null, upstreamRequests: undefined },
      { usage: { usage: USAGE, estimated: true } },
    ]);
  });

  test("waits by how often its own model has failed, not others of its provider", async () => {
    const script = [failure("network"), failure("network"), ok("yes")];
    const routing = { max_attempts: 3 };
    const { asked, attempts } = await run({ model: "gpt-4o", fallbacks: ["gpt-4o-mini"], routing }, { openai: script });
    expect(attempts.map(({ model }) => model)).toEqual(["gpt-4o", "gpt-4o-mini", "gpt-4o"]);
    expect(asked.map(({ at }) => at)).toEqual([0, 0, 500]);
  });

  test("is not tried again when its quota is used up", async () => {
    const { asked, status } = await run({ model: "gpt-4o" }, { openai: [failure("quota_exhausted", 429)] });
    expect(asked).toHaveLength(1);
    expect(status).toBe(429);
  });

  test("waits as long as the provider asks", async () => {
    const { asked } = await run(
      { model: "gpt-4o" },
      { openai: [failure("rate_limited", 429, { retryAfterMs: 3_000 }), ok("yes")] },
    );
    expect(asked.map(({ at }) => at)).toEqual([0, 3_000]);
  });

  test("does not wait again for the time that another target took", async () => {
    const { asked } = await run(
      { ...both, routing: { max_attempts: 3 } },
      {
        openai: [failure("rate_limited", 429, { retryAfterMs: 3_000 }), ok("yes")],
        cloudflare: [{ after: 2_000, reply: failure("network") }],
      },
    );
    expect(asked.map(({ provider, at }) => [provider, at])).toEqual([
      ["openai", 0],
      ["cloudflare", 0],
      ["openai", 3_000],
    ]);
  });

  test("does not wait for an hour: the client gets the 429 with Retry-After", async () => {
    const { asked, reply } = await run(
      { model: "gpt-4o" },
      { openai: [failure("rate_limited", 429, { retryAfterMs: 3_600_000 })] },
    );
    expect(asked).toHaveLength(1);
    expect(reply).toMatchObject({ status: 429, headers: { "retry-after": "3600" } });
  });

  test("the last provider's error is the final one", async () => {
    const { status, target, attempts } = await run(
      { ...both, routing: { max_attempts: 2 } },
      { openai: [failure("rate_limited", 429)], cloudflare: [failure("bad_request", 400)] },
    );
    expect(status).toBe(400);
    expect(target.provider.name).toBe("cloudflare");
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["rate_limited", "bad_request"]);
  });

  test("with a refused key takes the next key at once, before the fallback", async () => {
    const { asked, now } = await run(both, { openai: [failure("auth", 502, { keysLeft: 1 }), ok("yes")] });
    expect(asked.map(({ provider, options }) => [provider, options.keySlot])).toEqual([
      ["openai", 0],
      ["openai", 1],
    ]);
    expect(now).toBe(0);
  });

  test("tells the next attempt which keys were used, at another model of its provider too, but not at another one", async () => {
    const used = (key: number) => failure("auth", 502, { key });
    const fallbacks = ["gpt-4o-mini", "llama4", "gpt-4.1"];
    const { asked } = await run(
      { model: "gpt-4o", fallbacks, routing: { max_attempts: 4 } },
      { openai: [used(1), used(0), ok("yes")], cloudflare: [failure("network")] },
    );
    expect(asked.map(({ provider, options }) => [provider, options.keysTried])).toEqual([
      ["openai", []],
      ["openai", [1]],
      ["cloudflare", []],
      ["openai", [1, 0]],
    ]);
  });

  test("with many keys does not ask more often than the client allows", async () => {
    const refused = () => failure("auth", 502, { keysLeft: 5 });
    const { asked } = await run(
      { ...both, routing: { max_attempts: 2 } },
      { openai: [refused(), refused(), refused()], cloudflare: [ok("no")] },
    );
    expect(asked.map(({ provider }) => provider)).toEqual(["openai", "openai"]);
  });

  test("with every key refused ends in 502", async () => {
    const { status, asked } = await run(
      { model: "gpt-4o" },
      { openai: [failure("auth", 502, { keysLeft: 1 }), failure("auth", 502, { keysLeft: 0 })] },
    );
    expect(asked).toHaveLength(2);
    expect(status).toBe(502);
  });

  test("because its relay is gone counts as failed", async () => {
    const { target, attempts } = await run(both, { openai: [], cloudflare: [ok("yes")] });
    expect(target.provider.name).toBe("cloudflare");
    expect(attempts[0]?.outcome).toBe("internal");
    const { reply } = await run({ model: "gpt-4o" }, { openai: [] });
    expect(reply).toMatchObject({ status: 502, failure: { condition: "internal", code: "relay_unavailable" } });
  });

  test("because its relay is not bound at all counts as failed, and what runs beside it goes on", async () => {
    const hedged: Routed = { ...both, routing: { hedge_after_ms: 100 } };
    const { target, attempts } = await run(hedged, { openai: [{ after: 500, reply: ok("late") }] });
    expect(target.provider.name).toBe("openai");
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["internal", "ok"]);
  });

  test("for a reason that a newer relay has and this gateway does not know goes to the next target", async () => {
    const unknown = failure("brand_new" as Condition, 422);
    const { reply, attempts } = await run(both, { openai: [unknown], cloudflare: [ok("yes")] });
    expect(reply).toMatchObject({ status: 200 });
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["brand_new", "ok"]);
    expect((await run({ model: "gpt-4o" }, { openai: [unknown] })).reply).toMatchObject({ status: 422 });
  });

  test("for too long a context goes to a larger window only", async () => {
    const toSmaller = await run(
      { model: "llama4", fallbacks: ["gpt-4o"] },
      { cloudflare: [failure("context_length", 400)], openai: [ok("no")] },
    );
    expect(toSmaller.asked).toHaveLength(1);
    expect(toSmaller.status).toBe(400);
    const toLarger = await run(both, { openai: [failure("context_length", 400)], cloudflare: [ok("yes")] });
    expect(toLarger.status).toBe(200);
    const fromUnknown = await run(
      { model: "gpt-99", fallbacks: ["llama4"] },
      { openai: [failure("context_length", 400)], cloudflare: [ok("yes")] },
    );
    expect(fromUnknown.status).toBe(200);
    const toUnknown = await run(
      { model: "gpt-4o", fallbacks: ["gpt-99"] },
      { openai: [failure("context_length", 400), ok("yes")] },
    );
    expect(toUnknown.status).toBe(200);
  });
});

describe("an attempt", () => {
  test("is told whether another one waits behind it", async () => {
    const { asked } = await run(
      { ...both, routing: { max_attempts: 2 } },
      { openai: [failure("network")], cloudflare: [ok("yes")] },
    );
    expect(asked.map(({ options }) => options.fallbackWaiting)).toEqual([true, false]);
    expect(asked.map(({ options }) => options.otherTargetWaiting)).toEqual([true, false]);
    expect(asked.map(({ options }) => options.cancelled)).toEqual([undefined, undefined]);
  });

  test("tells a retry that waits from another target", async () => {
    const { asked } = await run(
      { provider: "openai", routing: { max_attempts: 2 } },
      { openai: [failure("network"), ok("yes")] },
    );
    expect(asked.map(({ options }) => options.fallbackWaiting)).toEqual([true, false]);
    expect(asked.map(({ options }) => options.otherTargetWaiting)).toEqual([false, false]);
  });

  test("may be silent for as long as the owner says, and leaves no timer behind", async () => {
    const { asked, timersLeft } = await run({ model: "gpt-4o" }, { openai: [failure("network"), ok("yes")] });
    expect(asked.map(({ options }) => options.deadlines.idleMs)).toEqual([120_000, 120_000]);
    expect(timersLeft).toBe(0);
  });

  test("gets what is left of the time", async () => {
    const { asked } = await run(
      { ...both, routing: { timeout_ms: 1_000, first_byte_timeout_ms: 900 } },
      { openai: [{ after: 400, reply: failure("network") }], cloudflare: [ok("yes")] },
    );
    expect(asked.map(({ options }) => [options.deadlines.totalMs, options.deadlines.firstByteMs])).toEqual([
      [1_000, 900],
      [600, 600],
    ]);
  });

  test("leaves half of that to the targets behind it, however soon the ones before it failed", async () => {
    const { asked } = await run(
      { ...both, fallbacks: ["llama4", "gemini-2.5-flash"], stream: true, routing: { timeout_ms: 1_000 } },
      { openai: [{ after: 200, reply: failure("network") }], cloudflare: [failure("network")], gemini: [ok("yes")] },
    );
    expect(asked.map(({ options }) => [options.deadlines.firstByteMs, options.deadlines.contentMs])).toEqual([
      [500, 500],
      [400, 400],
      [800, 800],
    ]);
  });

  test("that hangs in its relay ends at the deadline with 504", async () => {
    const { reply, now, attempts } = await run(
      { model: "gpt-4o", routing: { timeout_ms: 1_000 } },
      { openai: ["never"] },
    );
    expect(reply).toMatchObject({ status: 504, failure: { condition: "timeout", code: "deadline_exceeded" } });
    expect(attempts).toMatchObject([{ outcome: "timeout" }]);
    expect(now).toBe(1_500);
  });

  test("is not begun when its wait would pass the deadline", async () => {
    const { asked, status } = await run(
      { model: "gpt-4o", routing: { timeout_ms: 1_000 } },
      { openai: [failure("rate_limited", 429, { retryAfterMs: 2_000 }), ok("no")] },
    );
    expect(asked).toHaveLength(1);
    expect(status).toBe(429);
  });

  test("tells its target's health", async () => {
    const { health } = await run(both, {
      openai: [failure("overloaded", 502, { retryAfterMs: 7 })],
      cloudflare: [ok("yes")],
    });
    expect(health.failed).toHaveBeenCalledWith(expect.objectContaining({ model: "gpt-4o" }), 7);
    expect(health.began.mock.calls.map(([{ model }]) => model)).toEqual(["gpt-4o", expect.stringContaining("llama")]);
    expect(health.succeeded).toHaveBeenCalledTimes(1);
    expect(health.unknown).not.toHaveBeenCalled();
  });

  test.each([
    ["bad_request", 400, "succeeded"],
    ["context_length", 400, "succeeded"],
    ["bad_request", undefined, "unknown"],
    ["auth", 401, "unknown"],
    ["empty_completion", undefined, "unknown"],
  ] as const)(
    "with %s, the provider's status being %s, has, for its target's health, %s",
    async (condition, said, told) => {
      const reply = failure(condition, 400, said === undefined ? {} : { upstreamStatus: said });
      const { health } = await run({ model: "gpt-4o", routing: { max_attempts: 1 } }, { openai: [reply] });
      expect(health[told]).toHaveBeenCalledTimes(1);
      expect(health.failed).not.toHaveBeenCalled();
    },
  );
});

describe("a hedged request", () => {
  const hedged: Routed = { ...both, routing: { hedge_after_ms: 100 } };

  test("starts the second target when the first is slow, and the first to speak wins", async () => {
    const { asked, target, attempts } = await run(hedged, {
      openai: [{ after: 500, reply: ok("late") }],
      cloudflare: [{ after: 50, reply: ok("fast") }],
    });
    expect(asked.map(({ provider, at }) => [provider, at])).toEqual([
      ["openai", 0],
      ["cloudflare", 100],
    ]);
    expect(target.provider.name).toBe("cloudflare");
    expect(attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
      ["cloudflare", "ok"],
      ["openai", "hedged out"],
    ]);
  });

  test("tells the loser, whose stream is dropped when it comes after all", async () => {
    const loser = stream();
    const script = { openai: [{ after: 120, reply: loser }], cloudflare: [ok("fast")] };
    const { asked, health, later } = await run(hedged, script);
    await expect(asked[0]?.options.cancelled?.()).resolves.toBeUndefined();
    expect(loser.cancel).not.toHaveBeenCalled(); // it has not come yet
    await later();
    expect(loser.cancel).toHaveBeenCalledOnce();
    expect(health.unknown).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ model: "gpt-4o" }));
    expect(asked.map(({ options }) => options.otherTargetWaiting)).toEqual([true, true]);
  });

  test("has on record what the loser had used, however it ends", async () => {
    const counted = { usage: USAGE, estimated: true };
    const told: [string, RelayReply][] = [
      ["a stream that is dropped", stream({ end: "aborted", usage: USAGE, usageEstimated: true })],
      ["a whole answer that comes late", { ...ok("late"), usage: USAGE, usageEstimated: true }],
      ["a failure", { ...failure("cancelled"), usage: USAGE, usageEstimated: true }],
    ];
    for (const [how, reply] of told) {
      const script = { openai: [{ after: 500, reply }], cloudflare: [ok("fast")] };
      const { attempts, later } = await run(hedged, script);
      await later();
      expect(await attempts[1]?.usage, how).toEqual(counted);
    }
  });

  test("does not wait without end for what the loser has used", async () => {
    const { attempts, later, now, timersLeft } = await run(hedged, { openai: ["never"], cloudflare: [ok("fast")] });
    expect([now, timersLeft]).toEqual([100, 1]);
    await later();
    expect(await attempts[1]?.usage).toBeNull();
  });

  test("loses no answer because the loser's relay is gone", async () => {
    const loser = { ...stream(), usage: () => Promise.reject(new Error("gone")) };
    const { attempts, later } = await run(hedged, { openai: [{ after: 200, reply: loser }], cloudflare: [ok("fast")] });
    await later();
    expect(await attempts[1]?.usage).toBeNull();
  });

  test("does not start the second when the first answers in time", async () => {
    const { asked } = await run(hedged, { openai: [{ after: 50, reply: ok("fast") }] });
    expect(asked).toHaveLength(1);
  });

  test("waits for the first when the second fails", async () => {
    const { target } = await run(hedged, {
      openai: [{ after: 500, reply: ok("late") }],
      cloudflare: [failure("network")],
    });
    expect(target.provider.name).toBe("openai");
  });

  const three: Routed = { ...hedged, fallbacks: ["llama4", "gemini-2.5-flash"] };

  test("has two targets running at the most", async () => {
    const { asked } = await run(three, {
      openai: [{ after: 500, reply: ok("yes") }],
      cloudflare: ["never"],
      gemini: [ok("no")],
    });
    expect(asked.map(({ provider }) => provider)).toEqual(["openai", "cloudflare"]);
  });

  test("waits as long for each target as for the first", async () => {
    const { asked } = await run(three, {
      openai: [{ after: 50, reply: failure("network") }],
      cloudflare: ["never"],
      gemini: [ok("yes")],
    });
    expect(asked.map(({ provider, at }) => [provider, at])).toEqual([
      ["openai", 0],
      ["cloudflare", 50],
      ["gemini", 150],
    ]);
  });

  test("does not hedge with a target that has failed, nor ask one twice for having been the hedge", async () => {
    const routing = { hedge_after_ms: 100, max_attempts: 3 };
    const slow = { after: 500, reply: ok("yes") };
    const failed = await run({ ...both, routing }, { openai: [failure("network"), ok("no")], cloudflare: [slow] });
    expect(failed.asked).toHaveLength(2);
    const twice = await run(
      { ...both, routing: { ...routing, max_attempts: 2 } },
      { openai: [{ after: 500, reply: failure("network") }], cloudflare: [failure("network"), ok("no")] },
    );
    expect(twice.asked.map(({ provider }) => provider)).toEqual(["openai", "cloudflare"]);
  });
});

describe("a client that leaves", () => {
  test("before the answer: no retry starts, and the attempt is noted as aborted", async () => {
    const script = { openai: ["never" as const], cloudflare: [ok("no")] };
    const { asked, attempts, reply } = await run(both, script, { leaveAt: 200 });
    expect(asked).toHaveLength(1);
    expect(reply).toMatchObject({ status: 499, failure: { condition: "cancelled" } });
    expect(attempts).toMatchObject([{ provider: "openai", outcome: "aborted", ms: 200 }]);
  });

  test("before a hedged answer: the attempts are told, and what they used is on record", async () => {
    const told = { after: 300, reply: { ...failure("cancelled"), usage: USAGE } };
    const body: Routed = { ...both, routing: { hedge_after_ms: 100 } };
    const { asked, attempts, later } = await run(body, { openai: [told], cloudflare: ["never"] }, { leaveAt: 200 });
    await Promise.all(asked.map(({ options }) => options.cancelled?.()));
    await later();
    expect(await Promise.all(attempts.map(({ usage }) => usage))).toEqual([{ usage: USAGE, estimated: false }, null]);
  });

  test("before an answer whose relay cannot be told: what it says within half a second is on record", async () => {
    const told = { after: 400, reply: { ...failure("cancelled"), usage: USAGE } };
    const { attempts, later } = await run({ model: "gpt-4o" }, { openai: [told] }, { leaveAt: 200 });
    await later();
    expect(await attempts[0]?.usage).toEqual({ usage: USAGE, estimated: false });
    const silent = await run({ model: "gpt-4o" }, { openai: ["never"] }, { leaveAt: 200 });
    await silent.later();
    expect(silent.attempts).toMatchObject([{ outcome: "aborted" }]);
    expect(await silent.attempts[0]?.usage).toBeNull();
  });

  test("while a fallback is asked: that is who was asked last", async () => {
    const script = { openai: [failure("network")], cloudflare: ["never" as const] };
    const { target, attempts } = await run(both, script, { leaveAt: 200 });
    expect(target.provider.name).toBe("cloudflare");
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["network", "aborted"]);
  });

  test("during a wait: no retry starts", async () => {
    const script = { openai: [failure("network"), ok("no")] };
    const { asked, status, attempts } = await run({ model: "gpt-4o" }, script, { leaveAt: 200 });
    expect(asked).toHaveLength(1);
    expect(status).toBe(499);
    expect(attempts).toMatchObject([{ outcome: "network" }]);
  });
});
