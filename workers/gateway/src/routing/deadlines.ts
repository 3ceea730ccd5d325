import type { Deadlines } from "@ai-proxy/shared/contract/relay";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { Routed, RoutingWish } from "../request/schemas.ts";
import type { Policy } from "../settings/routing-policy.ts";

/** Who has a say in how long a request may take. */
export interface TimeLimits {
  body: Routed;
  policy: Policy;
  /** What the caller is allowed at most. */
  callerLimits?: RoutingWish;
}

/** The bounds of one attempt as far as they are known beforehand. Milliseconds. */
export interface DeadlineRules {
  /** Until the first byte of a stream, or the whole answer. */
  firstByteMs: number;
  /** Between two chunks. */
  idleMs: number;
  /** Half of the time that is left when the attempt begins is for the targets behind it. */
  leavesTime: boolean;
  /** Keep-alives do not count as a first byte: it is content that has to come in that time. */
  boundsContent: boolean;
}

/** What a relay is told. Milliseconds, all counted from the attempt's start but `idleMs`. */
export type AttemptDeadlines = Required<Deadlines>;

/** Milliseconds for all of a request that goes to this provider first. */
export function totalMsOf({ name }: ProviderEntry, { body, policy, callerLimits }: TimeLimits): number {
  const own = policy.timesOf[name]?.totalMs ?? policy.times.totalMs;
  return least(body.routing?.timeout_ms ?? own, callerLimits?.timeout_ms, policy.maxTotalMs);
}

/**
 * The rules for one attempt at a provider. While targets follow that were not tried yet, a target that hangs must
 * leave time for them, and so must one that sends keep-alives without end. Before a mere retry these are a sign of
 * life: some models think for long.
 */
export function deadlineRules(
  { name }: ProviderEntry,
  { body, policy, callerLimits }: TimeLimits,
  { totalMs, targetsFollow }: { totalMs: number; targetsFollow: boolean },
): DeadlineRules {
  const { firstByteMs, idleMs } = { ...policy.times, ...policy.timesOf[name] };
  const wished = body.routing?.first_byte_timeout_ms ?? undefined;
  // A whole answer comes at once and may take long: only streams have a first byte to wait for.
  const own = body["stream"] === true ? firstByteMs : totalMs;
  return {
    firstByteMs: least(wished ?? own, callerLimits?.first_byte_timeout_ms),
    idleMs: least(idleMs, totalMs),
    leavesTime: targetsFollow && wished === undefined,
    boundsContent: targetsFollow,
  };
}

/** The numbers for an attempt that begins now, with `leftMs` of the request's time left. */
export function deadlinesOf(rules: DeadlineRules, leftMs: number): AttemptDeadlines {
  const totalMs = Math.max(1, leftMs);
  const firstByteMs = Math.min(rules.firstByteMs, rules.leavesTime ? totalMs / 2 : totalMs);
  return { firstByteMs, contentMs: rules.boundsContent ? firstByteMs : totalMs, idleMs: rules.idleMs, totalMs };
}

/** The smallest of the bounds that there are. */
export function least(...bounds: (number | null | undefined)[]): number {
  return Math.min(...bounds.filter((bound) => typeof bound === "number"));
}
