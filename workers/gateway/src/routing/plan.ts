import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { findModel } from "@ai-proxy/shared/registry";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { Routed } from "../request/schemas.ts";
import { misconfigured } from "../settings/misconfigured.ts";
import { MOST_CALLS, type Policy, type Times } from "../settings/routing-policy.ts";
import type { BreakerState } from "./breaker.ts";
import { type Choice, choose, type RouteKind } from "./choose.ts";
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
  /** Half of the time that is left when it begins is for the targets behind it. */
  leavesTime: boolean;
  /** Bounds of this attempt; the plan's own total holds as well. */
  times: Pick<Times, "firstByteMs" | "idleMs"> & { contentMs?: number };
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
    Math.max(1, Math.floor(MOST_CALLS / (1 + callsEach(input, targets)))),
  );
  const totalMs = totalTime(choice.provider, input);
  const attempts: PlannedAttempt[] = [];
  for (let at = 0; at < limit; at++) {
    const target = targets[at % targets.length];
    if (target === undefined) break;
    const round = Math.floor(at / targets.length) + 1;
    const { firstByteMs, idleMs } = { ...policy.times, ...policy.timesOf[target.provider.name] };
    const othersFollow = at + 1 < Math.min(limit, targets.length);
    // A target that hangs must leave time for the others.
    const leavesTime = othersFollow && typeof wish.first_byte_timeout_ms !== "number";
    // A whole answer comes at once and may take long: only streams have a first byte to wait for.
    const untilFirstByte = least(
      wish.first_byte_timeout_ms ?? (body["stream"] === true ? firstByteMs : totalMs),
      callerLimits?.first_byte_timeout_ms,
      leavesTime ? totalMs / 2 : totalMs,
    );
    attempts.push({
      target,
      round,
      reason: reasonFor(target, choice, round),
      leavesTime,
      times: {
        firstByteMs: untilFirstByte,
        idleMs: least(idleMs, totalMs),
        // Keep-alives without end must leave it too. Before a mere retry they are a sign of life: some models think for long.
        ...(othersFollow && { contentMs: untilFirstByte }),
      },
    });
  }
  const hedgeAfterMs = targets.length > 1 ? (wish.hedge_after_ms ?? undefined) : undefined;
  return { choice, attempts, totalMs, hedgeAfterMs };
}

/** Calls to the provider that one attempt makes at most. */
function callsEach({ kind, body }: PlanInput, targets: readonly Target[]): number {
  return Math.max(
    ...targets.map(({ provider, model }) => {
      // Only OpenAI's API takes several prompts in one call.
      if (kind === "completion") return provider.binding === "OPENAI_RELAY" ? 1 : lengthOf(body["prompt"]);
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

/** Milliseconds for all of a request that goes to this provider first. */
export function totalTime(
  { name }: ProviderEntry,
  { body, policy, callerLimits }: Pick<PlanInput, "body" | "policy" | "callerLimits">,
): number {
  const own = policy.timesOf[name]?.totalMs ?? policy.times.totalMs;
  return least(body.routing?.timeout_ms ?? own, callerLimits?.timeout_ms, policy.maxTotalMs);
}

/**
 * The chosen target, then what may serve in its place, in order. Throws what is
 * wrong with the request by its field's path, and what is wrong with the
 * owner's policy as a 503.
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
        .filter((choice) => fits(kind, choice));
  return [first, ...equals, ...fallbacks];
}

/** The owner's chain behind a target; an upstream may have any name, `constructor` too. */
function ownChain({ defaultFallbacks }: Policy, { provider: { name } }: Choice): readonly string[] {
  return (Object.hasOwn(defaultFallbacks, name) ? defaultFallbacks[name] : undefined) ?? [];
}

/** What the request asks for: one target, or those of a pool in their order. */
export function chosenFirst(input: PlanInput): [Choice, ...Choice[]] {
  const { body, kind, policy, sessionId, random } = input;
  const name = body.provider ? undefined : (body.model ?? undefined);
  const pool = name !== undefined && Object.hasOwn(policy.pools, name) ? policy.pools[name] : undefined;
  if (name === undefined || pool === undefined) return [pick(body, input)];
  const [first, ...equals] = poolOrder(pool, sessionId, random)
    .map((model) => ({ ...pickOwn(model, `pools.${name}`, input), rule: 5 as const, requestedModel: name }))
    .filter((choice) => serves(kind, choice));
  if (first === undefined) throw noSuchRoute(name, "model");
  return [first, ...equals];
}

type Wanted = Pick<Routed, "provider" | "model">;

function pick(wanted: Wanted, { kind, providers, defaultProvider }: PlanInput): Choice {
  const choice = choose({ ...wanted, kind }, providers, defaultProvider);
  if (serves(kind, choice)) return choice;
  throw noSuchRoute(choice.provider.name, wanted.provider ? "provider" : "model");
}

/** Only OpenAI's API has moderations. */
function serves(kind: RouteKind, { provider }: Choice): boolean {
  return kind !== "moderation" || provider.binding === "OPENAI_RELAY";
}

function noSuchRoute(name: string, param: string): ApiError {
  return badRequest(`${name} has no moderations.`, param, "unsupported_endpoint");
}

/** A fallback of the request's: what is wrong with it is said of it, not of `model`. */
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
 * Whether a model may serve in another's place on this route. The owner's chains
 * are for chats: an embedding of another kind of model is an error, or worse, a
 * vector that means nothing beside the others. A model that is not registered chats.
 */
function fits(kind: RouteKind, { provider, model }: Choice): boolean {
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

function least(...bounds: (number | null | undefined)[]): number {
  return Math.min(...bounds.filter((bound) => typeof bound === "number"));
}
