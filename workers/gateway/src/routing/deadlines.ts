import type { Deadlines } from "@ai-proxy/shared/contract/relay";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { Routed, RoutingWish } from "../request/schemas.ts";
import type { Policy } from "../settings/routing-policy.ts";

/** A relay keeps its own deadlines; this much later the gateway stops waiting for it. Milliseconds. */
export const GRACE_MS = 500;

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
  /** The attempt has half of the time that is left when it begins; the rest is for the targets behind it. */
  leavesTime: boolean;
  /** Content has to come in the time for the first byte; keep-alives do not count. */
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
 * The rules for one attempt at a provider. A target that hangs, or sends nothing but keep-alives, must leave time for
 * the targets that follow. Where only retries follow, keep-alives are a sign of life: some models think for long.
 */
export function deadlineRules(
  { name }: ProviderEntry,
  { body, policy, callerLimits }: TimeLimits,
  { totalMs, targetsFollow }: { totalMs: number; targetsFollow: boolean },
): DeadlineRules {
  const { firstByteMs, idleMs } = { ...policy.times, ...policy.timesOf[name] };
  const wished = body.routing?.first_byte_timeout_ms ?? undefined;
  // A whole answer has no early first byte: it may take all of the time.
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

/** The numbers for a question that is answered whole, and has all of the time for its first byte. */
export function wholeDeadlines(totalMs: number): Pick<AttemptDeadlines, "firstByteMs" | "totalMs"> {
  return { firstByteMs: totalMs, totalMs };
}

/** The smallest of the bounds that there are. */
export function least(...bounds: (number | null | undefined)[]): number {
  return Math.min(...bounds.filter((bound) => typeof bound === "number"));
}
