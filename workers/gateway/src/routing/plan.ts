import { findModel } from "@ai-proxy/shared/registry";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { Routed } from "../edge/validation.ts";
import type { BreakerState } from "./breaker.ts";
import { type Choice, choose, type RouteKind } from "./choose.ts";
import type { Policy, Times } from "./policy.ts";
import { poolOrder } from "./pool.ts";

/** One provider and model that may serve a request. */
export interface Target {
  provider: ProviderEntry;
  model: string;
  requestedModel: string;
  /** Tokens; undefined where the registry does not know the model. */
  contextWindow: number | undefined;
}

/** One step of a plan: whether it is taken depends on how the ones before it end. */
export interface PlannedAttempt {
  target: Target;
  /** 1 for the first try of this target, 2 for its first retry, … */
  round: number;
  reason: string;
  /** Bounds of this attempt; the plan's own total holds as well. */
  times: Pick<Times, "firstByteMs" | "idleMs">;
}

export interface Plan {
  choice: Choice;
  attempts: readonly PlannedAttempt[];
  /** Milliseconds for all attempts together. */
  totalMs: number;
  /** Start the next target when the one before has not answered in this time; undefined: never. */
  hedgeAfterMs: number | undefined;
}

/** Bounds that a caller has of its own, below the owner's. */
export type RoutingWish = NonNullable<Routed["routing"]>;

export interface PlanInput {
  body: Routed;
  kind: RouteKind;
  providers: readonly ProviderEntry[];
  defaultProvider: string;
  policy: Policy;
  /** What the caller's binding allows it at most. */
  callerLimits?: RoutingWish;
  sessionId: string;
  /** From 0 to 1. */
  random: () => number;
  /** State of a target's circuit; "closed" when nothing is known. */
  circuit: (target: Target) => BreakerState;
}

/**
 * The attempts for a request, in order: every target once, then every target
 * again, up to the number of attempts. Falling back costs no wait, a retry
 * does, so other targets come before retries. A target whose circuit is open
 * goes to the end. Pure but for `random`.
 */
export function makePlan(input: PlanInput): Plan {
  const { body, policy, callerLimits } = input;
  const [choice, ...others] = choicesOf(input);
  const targets = healthyFirst(distinct([choice, ...others].map(targetOf)), input.circuit);
  const wish = body.routing ?? {};
  const limit = least(
    wish.max_attempts ?? Math.max(policy.defaultAttempts, targets.length),
    callerLimits?.max_attempts,
    policy.maxAttempts,
  );
  const own = { ...policy.times, ...policy.timesOf[choice.provider.name] };
  const totalMs = least(wish.timeout_ms ?? own.totalMs, callerLimits?.timeout_ms, policy.maxTotalMs);
  const attempts: PlannedAttempt[] = [];
  for (let at = 0; at < limit; at++) {
    const target = targets[at % targets.length];
    if (target === undefined) break;
    const round = Math.floor(at / targets.length) + 1;
    const { firstByteMs, idleMs } = { ...policy.times, ...policy.timesOf[target.provider.name] };
    attempts.push({
      target,
      round,
      reason: reasonFor(target, choice, round),
      times: {
        // A whole answer comes at once and may take long: only streams have a first byte to wait for.
        firstByteMs: least(
          wish.first_byte_timeout_ms ?? (body["stream"] === true ? firstByteMs : totalMs),
          callerLimits?.first_byte_timeout_ms,
          totalMs,
        ),
        idleMs: least(idleMs, totalMs),
      },
    });
  }
  const hedgeAfterMs = targets.length > 1 ? (wish.hedge_after_ms ?? undefined) : undefined;
  return { choice, attempts, totalMs, hedgeAfterMs };
}

/** The chosen target, then what may serve in its place, in order. */
function choicesOf({
  body,
  kind,
  providers,
  defaultProvider,
  policy,
  sessionId,
  random,
}: PlanInput): [Choice, ...Choice[]] {
  const pick = (wanted: Pick<Routed, "provider" | "model">) => choose({ ...wanted, kind }, providers, defaultProvider);
  const pool =
    !body.provider && body.model && Object.hasOwn(policy.pools, body.model) ? policy.pools[body.model] : undefined;
  const [first, ...equals] = pool
    ? poolOrder(pool, sessionId, random).map((model) => ({
        ...pick({ model }),
        rule: 5 as const,
        requestedModel: body.model ?? model,
      }))
    : [pick(body)];
  if (first === undefined) throw new Error("a pool has at least one target");
  const named = policy.clientFallbacks ? body.fallbacks : undefined;
  const fallbacks = (named ?? policy.defaultFallbacks[first.provider.name] ?? []).map((fallback) =>
    pick(typeof fallback === "string" ? { model: fallback } : fallback),
  );
  return [first, ...equals, ...fallbacks];
}

function targetOf({ provider, model, requestedModel }: Choice): Target {
  return { provider, model, requestedModel, contextWindow: findModel(provider.name, model)?.contextWindow };
}

export function sameTarget(a: Target, b: Target): boolean {
  return a.provider.name === b.provider.name && a.model === b.model;
}

function distinct(targets: Target[]): Target[] {
  return targets.filter((target, at) => targets.findIndex((other) => sameTarget(other, target)) === at);
}

function healthyFirst(targets: Target[], circuit: PlanInput["circuit"]): Target[] {
  const open = targets.filter((target) => circuit(target) === "open");
  return open.length === 0 ? targets : [...targets.filter((target) => !open.includes(target)), ...open];
}

function reasonFor(target: Target, choice: Choice, round: number): string {
  const first = target.provider === choice.provider && target.model === choice.model;
  if (round > 1) return `retry ${round - 1}`;
  return first ? `rule ${choice.rule}` : "fallback";
}

function least(...bounds: (number | null | undefined)[]): number {
  return Math.min(...bounds.filter((bound) => typeof bound === "number"));
}
