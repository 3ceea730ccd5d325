import { cloudflare } from "@ai-proxy/shared/registry/cloudflare";
import { openai } from "@ai-proxy/shared/registry/openai";
import { describe, expect, test } from "vitest";
import type { Routed } from "../src/request/schemas.ts";
import {
  type DeadlineRules,
  deadlineRules,
  deadlinesOf,
  type TimeLimits,
  totalMsOf,
} from "../src/routing/deadlines.ts";
import { readPolicy } from "../src/settings/routing-policy.ts";

const limits = (routing: Routed["routing"], more: Partial<TimeLimits> = {}): TimeLimits => ({
  body: { stream: true, routing } as Routed,
  policy: readPolicy(""),
  ...more,
});

describe("the time for a whole request", () => {
  const owner = readPolicy({ timeout_ms: 9_000, max_timeout_ms: 20_000, providers: { openai: { timeout_ms: 5_000 } } });
  test.each<[string, number, TimeLimits]>([
    ["the default", 600_000, limits(undefined)],
    ["the owner's", 5_000, limits(undefined, { policy: owner })],
    ["what the request asks for", 8_000, limits({ timeout_ms: 8_000 }, { policy: owner })],
    ["not more than the owner allows", 20_000, limits({ timeout_ms: 30_000 }, { policy: owner })],
    ["nor the caller's binding", 3_000, limits({ timeout_ms: 8_000 }, { callerLimits: { timeout_ms: 3_000 } })],
    ["null is no wish", 600_000, limits({ timeout_ms: null })],
  ])("is %s: %i", (_, totalMs, from) => {
    expect(totalMsOf(openai, from)).toBe(totalMs);
  });

  test("is the owner's for the provider that is asked first", () => {
    expect(totalMsOf(cloudflare, limits(undefined, { policy: owner }))).toBe(9_000);
  });
});

describe("the rules for an attempt", () => {
  const rules = (from: TimeLimits, targetsFollow = false, totalMs = 600_000) =>
    deadlineRules(openai, from, { totalMs, targetsFollow });

  test.each<[string, number, TimeLimits]>([
    ["the owner's for a stream", 120_000, limits(undefined)],
    ["all of the time for a whole answer", 600_000, limits(undefined, { body: {} })],
    [
      "what is asked for, of a whole answer too",
      70,
      limits(undefined, { body: { routing: { first_byte_timeout_ms: 70 } } }),
    ],
    [
      "at most what the caller's binding allows",
      50,
      limits({ first_byte_timeout_ms: 70 }, { callerLimits: { first_byte_timeout_ms: 50 } }),
    ],
  ])("have for the first byte %s: %i", (_, firstByteMs, from) => {
    expect(rules(from).firstByteMs).toBe(firstByteMs);
  });

  test("leave time for the targets that follow, unless the request says itself how long to wait", () => {
    expect(rules(limits(undefined))).toMatchObject({ leavesTime: false, boundsContent: false });
    expect(rules(limits(undefined), true)).toMatchObject({ leavesTime: true, boundsContent: true });
    expect(rules(limits({ first_byte_timeout_ms: 70 }), true)).toMatchObject({
      leavesTime: false,
      boundsContent: true,
    });
    expect(rules(limits({ first_byte_timeout_ms: null }), true)).toMatchObject({ leavesTime: true });
  });

  test("have no longer silence than the whole request has time", () => {
    expect(rules(limits(undefined)).idleMs).toBe(120_000);
    expect(rules(limits(undefined), false, 7_000).idleMs).toBe(7_000);
  });
});

describe("the deadlines of an attempt", () => {
  const rules: DeadlineRules = { firstByteMs: 900, idleMs: 300, leavesTime: false, boundsContent: false };
  test.each<[string, Partial<DeadlineRules>, number, [number, number, number]]>([
    ["plenty of time", {}, 5_000, [900, 5_000, 5_000]],
    ["less than it may take", {}, 600, [600, 600, 600]],
    ["others behind it", { leavesTime: true, boundsContent: true }, 1_000, [500, 500, 1_000]],
    ["others behind it and plenty of time", { leavesTime: true, boundsContent: true }, 5_000, [900, 900, 5_000]],
    ["others behind it and a wish", { boundsContent: true }, 1_000, [900, 900, 1_000]],
    ["no time", {}, 0, [1, 1, 1]],
    ["a time that is over", { leavesTime: true }, -5, [0.5, 1, 1]],
  ])("with %s", (_, more, leftMs, [firstByteMs, contentMs, totalMs]) => {
    expect(deadlinesOf({ ...rules, ...more }, leftMs)).toEqual({ firstByteMs, contentMs, idleMs: 300, totalMs });
  });
});
