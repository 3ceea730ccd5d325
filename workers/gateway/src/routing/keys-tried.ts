import type { Failure } from "@ai-proxy/shared/contract/relay";
import { ruleFor } from "./conditions.ts";

/** What the next attempt at a provider is told of its keys. */
export interface KeyChoice {
  /** Places of the keys that earlier attempts of this request used. */
  keysTried: readonly number[];
  /** How many keys were refused already: for relays that do not know `keysTried` yet. */
  keySlot: number;
}

/**
 * The keys that one request has used so far, by provider: its models share them. A hedge that starts beside an attempt
 * is not told of that one's key, which is known only once it fails.
 */
export class KeysTried {
  readonly #byProvider = new Map<string, KeyChoice>();

  of(provider: string): KeyChoice {
    return this.#byProvider.get(provider) ?? { keysTried: [], keySlot: 0 };
  }

  failed(provider: string, failure: Failure): void {
    const { keysTried, keySlot } = this.of(provider);
    const { key } = failure;
    this.#byProvider.set(provider, {
      keysTried: key === undefined || keysTried.includes(key) ? keysTried : [...keysTried, key],
      keySlot: takesNextKey(failure) ? keySlot + 1 : keySlot,
    });
  }
}

/** Whether the same target is asked again at once, with another key. */
export function takesNextKey(failure: Failure): boolean {
  return ruleFor(failure.condition).otherKey && (failure.keysLeft ?? 0) > 0;
}
