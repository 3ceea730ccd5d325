import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { findModel } from "@ai-proxy/shared/registry";
import type { ModelType, ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { Routed } from "../request/schemas.ts";
import { misconfigured } from "../settings/misconfigured.ts";
import { MOST_ATTEMPT_SUBREQUESTS, type Policy } from "../settings/routing-policy.ts";
import type { BreakerState } from "./breaker.ts";
import { type Choice, choose, type KnownProviders } from "./choose.ts";
import { type DeadlineRules, deadlineRules, least, type TimeLimits, totalMsOf } from "./deadlines.ts";
import { poolOrder } from "./pool.ts";

/** One provider and model that may serve a request. */
export interface Target {
  provider: ProviderEntry;
  model: string;
  requestedModel: string;
  /** Tokens; undefined where the registry does not know the model. */
  contextWindow: number | undefined;
}

/** One step of a plan, taken if the ones before it fail. */
export interface PlannedAttempt {
  target: Target;
  /** 1 for the first try of this target, 2 for its first retry, … */
  round: number;
  reason: string;
  deadlines: DeadlineRules;
}

export interface Plan {
  choice: Choice;
  attempts: readonly PlannedAttempt[];
  /** Milliseconds for all attempts together. */
  totalMs: number;
  /** Start the next target when the one before has not answered in this time; undefined: never. */
  hedgeAfterMs: number | undefined;
}

export interface PlanInput extends TimeLimits {
  /** What kind of model answers. */
  kind: ModelType;
  /** What the endpoint gives, in words for an error: "moderations". */
  title: string;
  providers: KnownProviders;
  defaultProvider: string;
  sessionId: string;
  /** From 0 to 1. */
  random: () => number;
  /** State of a target's circuit; "closed" when nothing is known. */
  circuit: (target: Target) => BreakerState;
}

/**
 * The attempts for a request, in order: every target once, then every target again, since only a retry costs a wait.
 * A target whose circuit is open goes to the end. Pure but for `random`.
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
    Math.max(1, Math.floor(MOST_ATTEMPT_SUBREQUESTS / (1 + upstreamRequestsEach(input, targets)))),
  );
  const totalMs = totalMsOf(choice.provider, input);
  const attempts: PlannedAttempt[] = [];
  for (let at = 0; at < limit; at++) {
    const target = targets[at % targets.length];
    if (target === undefined) break;
    const round = Math.floor(at / targets.length) + 1;
    const targetsFollow = at + 1 < Math.min(limit, targets.length);
    attempts.push({
      target,
      round,
      reason: reasonFor(target, choice, round),
      deadlines: deadlineRules(target.provider, input, { totalMs, targetsFollow }),
    });
  }
  const hedgeAfterMs = targets.length > 1 ? (wish.hedge_after_ms ?? undefined) : undefined;
  return { choice, attempts, totalMs, hedgeAfterMs };
}

/** Requests to the provider that one attempt makes at most. */
function upstreamRequestsEach({ kind, body }: PlanInput, targets: readonly Target[]): number {
  return Math.max(
    ...targets.map(({ provider, model }) => {
      if (kind === "completion") return provider.batchesPrompts ? 1 : lengthOf(body["prompt"]);
      if (provider.refusesJsonStreams && kind === "chat" && body["stream"] === true && body["response_format"])
        return 2;
      const batch = kind === "embedding" ? provider.embeddingBatch?.(model) : undefined;
      return batch === undefined ? 1 : Math.ceil(lengthOf(body["input"]) / batch);
    }),
  );
}

/** How many texts there are: one, a list of them, or one as its token ids. */
function lengthOf(texts: unknown): number {
  return Array.isArray(texts) && typeof texts[0] !== "number" ? texts.length : 1;
}

/**
 * The chosen target, then what may serve in its place, in order. What is wrong with the request is thrown by its
 * field's path, what is wrong with the owner's policy as a 503.
 */
function choicesOf(input: PlanInput): [Choice, ...Choice[]] {
  const { body, kind, policy } = input;
  const [first, ...equals] = chosenFirst(input);
  if (body.fallbacks?.length && !policy.clientFallbacks) {
    throw badRequest("fallbacks are not allowed here: the owner chooses them.", "fallbacks", "unsupported_parameter");
  }
  const fallbacks = body.fallbacks
    ? body.fallbacks.map((wanted, at) => pickFallback(wanted, `fallbacks[${at}]`, input))
    : ownChain(policy, first)
        .map((model, at) => pickOwn(model, `fallbacks.${first.provider.name}[${at}]`, input))
        .filter((choice) => canStandIn(kind, choice));
  return [first, ...equals, ...fallbacks];
}

/** The owner's chain behind a target. An upstream may have any name, `constructor` too. */
function ownChain({ defaultFallbacks }: Policy, { provider: { name } }: Choice): readonly string[] {
  return (Object.hasOwn(defaultFallbacks, name) ? defaultFallbacks[name] : undefined) ?? [];
}

/** What the request asks for: one target, or those of a pool in their order. */
export function chosenFirst(input: PlanInput): [Choice, ...Choice[]] {
  const { body, kind, title, policy, sessionId, random } = input;
  const name = body.provider ? undefined : (body.model ?? undefined);
  const pool = name !== undefined && Object.hasOwn(policy.pools, name) ? policy.pools[name] : undefined;
  if (name === undefined || pool === undefined) return [pick(body, input)];
  const [first, ...equals] = poolOrder(pool, sessionId, random)
    .map((model) => ({ ...pickOwn(model, `pools.${name}`, input), rule: 5 as const, requestedModel: name }))
    .filter((choice) => serves(kind, choice));
  if (first === undefined) throw noSuchEndpoint(name, title, "model");
  return [first, ...equals];
}

type Wanted = Pick<Routed, "provider" | "model">;

function pick(wanted: Wanted, { kind, title, providers, defaultProvider }: PlanInput): Choice {
  const choice = choose({ ...wanted, kind }, providers, defaultProvider);
  if (serves(kind, choice)) return choice;
  throw noSuchEndpoint(choice.provider.name, title, wanted.provider ? "provider" : "model");
}

function serves(kind: ModelType, { provider }: Choice): boolean {
  return provider.serves.includes(kind);
}

function noSuchEndpoint(name: string, title: string, param: string): ApiError {
  return badRequest(`${name} has no ${title}.`, param, "unsupported_endpoint");
}

/** A fallback that the request names: an error says which one it is about. */
function pickFallback(wanted: string | Wanted, path: string, input: PlanInput): Choice {
  try {
    return pick(typeof wanted === "string" ? { model: wanted } : wanted, input);
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.param === null) throw thrown;
    const param = typeof wanted === "string" ? path : `${path}.${thrown.param}`;
    throw new ApiError({ status: thrown.status, message: thrown.message, code: thrown.code, param });
  }
}

/** A model that the owner's policy names. */
function pickOwn(model: string, path: string, { kind, providers, defaultProvider }: PlanInput): Choice {
  try {
    return choose({ model, kind }, providers, defaultProvider);
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.status < 500) throw misconfigured(`ROUTING: ${path}: ${thrown.message}`);
    throw thrown;
  }
}

/**
 * Whether a model may serve in another's place. The owner's chains are written for chats, and a chat model has no
 * embedding to give. A model that is not registered chats.
 */
function canStandIn(kind: ModelType, { provider, model }: Choice): boolean {
  const type = findModel(provider.name, model)?.type ?? "chat";
  return type === kind || (kind === "completion" && type === "chat");
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
