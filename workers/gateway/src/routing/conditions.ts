import type { Condition } from "@ai-proxy/shared/errors";

/** What is done after an attempt failed. README.md prints this table; a test compares the two. */
export interface RetryRule {
  /** Same provider and model again, after a wait. */
  sameTarget: boolean;
  /** Same provider and model at once, with its next key. */
  otherKey: boolean;
  /** The next provider or model of the plan, at once. */
  otherTarget: boolean;
  /** Counts against the provider's health in the circuit breaker. */
  unhealthy: boolean;
  /** A sign that the provider is well, if it was the provider that said it and not its relay. */
  well: boolean;
}

const never: RetryRule = { sameTarget: false, otherKey: false, otherTarget: false, unhealthy: false, well: false };
const refused: RetryRule = { ...never, well: true };
const elsewhere: RetryRule = { ...never, otherTarget: true };
const anywhere: RetryRule = { ...elsewhere, sameTarget: true, unhealthy: true };

export const RETRY_RULES: Readonly<Record<Condition, RetryRule>> = {
  // The request itself is at fault: every provider would say the same.
  bad_request: refused,
  model_not_found: refused,
  too_large: refused,
  // Another model may have a larger window: the plan's loop checks that.
  context_length: { ...elsewhere, well: true },
  rate_limited: { ...anywhere, otherKey: true },
  // A daily or paid quota does not come back while the client waits.
  quota_exhausted: { ...elsewhere, otherKey: true },
  auth: { ...elsewhere, otherKey: true },
  overloaded: anywhere,
  upstream_error: anywhere,
  timeout: anywhere,
  network: anywhere,
  invalid_response: anywhere,
  empty_completion: { ...anywhere, unhealthy: false },
  cancelled: never,
  internal: elsewhere,
};

/** A newer relay may name a condition that this gateway does not know: another provider may still answer. */
export function ruleFor(condition: Condition): RetryRule {
  return RETRY_RULES[condition] ?? RETRY_RULES.internal;
}
