import { Breaker, type BreakerState } from "./breaker.ts";
import type { TargetHealth } from "./execute.ts";
import type { Target } from "./plan.ts";

/** This isolate's memory of how targets answer. */
const breaker = new Breaker();

const key = ({ provider, model }: Target) => `${provider.name}/${model}`;

export function circuit(target: Target): BreakerState {
  return breaker.state(key(target), Date.now());
}

export const health: TargetHealth = {
  began: (target) => breaker.began(key(target), Date.now()),
  succeeded: (target) => breaker.succeeded(key(target), Date.now()),
  failed: (target, retryAfterMs) => breaker.failed(key(target), Date.now(), retryAfterMs),
  unknown: (target) => breaker.unknown(key(target)),
};
