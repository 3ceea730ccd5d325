import { findModel } from "@ai-proxy/shared/registry";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { Routed } from "../edge/validation.ts";
import type { BreakerState } from "./breaker.ts";
import { type Choice, choose, type RouteKind } from "./choose.ts";

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
}

export interface Plan {
  choice: Choice;
  attempts: readonly PlannedAttempt[];
  /** Milliseconds. */
  totalMs: number;
  firstByteMs: number;
  idleMs: number;
  /** Start the next target when the one before has not answered in this time; undefined: never. */
  hedgeAfterMs: number | undefined;
}

/** Owner's bounds; what a request asks for is cut down to them. Times in milliseconds. */
export interface Policy {
  maxAttempts: number;
  defaultAttempts: number;
  maxTotalMs: number;
  totalMs: number;
  firstByteMs: number;
  idleMs: number;
  fallbacksAllowed: boolean;
  /** Targets to fall back to when a request names none: provider → list of "provider/model". */
  defaultFallbacks: Readonly<Record<string, readonly string[]>>;
}

export const DEFAULT_POLICY: Policy = {
  maxAttempts: 6,
  defaultAttempts: 3,
  maxTotalMs: 900_000,
  totalMs: 600_000,
  firstByteMs: 120_000,
  idleMs: 120_000,
  fallbacksAllowed: true,
  defaultFallbacks: {},
};

export interface PlanInput {
  body: Routed;
  kind: RouteKind;
  providers: readonly ProviderEntry[];
  defaultProvider: string;
  policy: Policy;
  /** State of a target's circuit; "closed" when nothing is known. */
  circuit: (target: Target) => BreakerState;
}

/**
 * The attempts for a request, in order: every target once, then every target
 * again, up to the number of attempts. Falling back costs no wait, a retry
 * does, so other targets come before retries. A target whose circuit is open
 * goes to the end. Pure.
 */
export function makePlan(input: PlanInput): Plan {
  const { body, policy } = input;
  const choice = choose(
    { provider: body.provider, model: body.model, kind: input.kind },
    input.providers,
    input.defaultProvider,
  );
  const targets = healthyFirst(targetsOf(choice, input), input.circuit);
  const limit = Math.min(body.routing?.max_attempts ?? policy.defaultAttempts, policy.maxAttempts);
  const attempts: PlannedAttempt[] = [];
  for (let at = 0; at < limit; at++) {
    const target = targets[at % targets.length];
    if (target === undefined) break;
    const round = Math.floor(at / targets.length) + 1;
    attempts.push({ target, round, reason: reasonFor(target, choice, round) });
  }
  const totalMs = Math.min(body.routing?.timeout_ms ?? policy.totalMs, policy.maxTotalMs);
  return {
    choice,
    attempts,
    totalMs,
    firstByteMs: Math.min(body.routing?.first_byte_timeout_ms ?? policy.firstByteMs, totalMs),
    idleMs: Math.min(policy.idleMs, totalMs),
    hedgeAfterMs: targets.length > 1 ? (body.routing?.hedge_after_ms ?? undefined) : undefined,
  };
}

/** The chosen target, then the fallbacks; each pair of provider and model once. */
function targetsOf(choice: Choice, { body, kind, providers, defaultProvider, policy }: PlanInput): Target[] {
  const targets = [targetOf(choice)];
  if (!policy.fallbacksAllowed) return targets;
  const named = body.fallbacks ?? policy.defaultFallbacks[choice.provider.name] ?? [];
  for (const fallback of named) {
    const wanted = typeof fallback === "string" ? { model: fallback } : fallback;
    const target = targetOf(choose({ ...wanted, kind }, providers, defaultProvider));
    if (!targets.some((known) => sameTarget(known, target))) targets.push(target);
  }
  return targets;
}

function targetOf({ provider, model, requestedModel }: Choice): Target {
  return { provider, model, requestedModel, contextWindow: findModel(provider.name, model)?.contextWindow };
}

export function sameTarget(a: Target, b: Target): boolean {
  return a.provider.name === b.provider.name && a.model === b.model;
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
