import type { RelayRequest } from "../contract/relay.ts";

/** How long a refused key rests before it is tried again, milliseconds. */
const COOL_DOWN_MS = 60_000;

/** One of a provider's keys. Place and label may be told and logged; the value never. */
export interface ProviderKey {
  /** From 0, in the secret's order: the same in every isolate. */
  place: number;
  label: string;
  value: string;
}

/** What the gateway tells of the keys that earlier attempts of a request used. */
export type KeysUsed = Pick<RelayRequest, "keysTried" | "keySlot">;

interface Slot {
  key: ProviderKey;
  /** Milliseconds since the epoch. */
  restsUntil: number;
}

/**
 * The keys of one provider, in turn. One KeyRing lives as long as its isolate:
 * requests share it, and a key that was refused rests.
 */
export class KeyRing {
  /** The secret that holds the keys. */
  readonly name: string;
  readonly #slots: readonly Slot[];
  #turn = 0;

  /** @param secret the secret's text: one key, or several with commas between */
  constructor(name: string, secret: string | undefined) {
    this.name = name;
    this.#slots = (secret ?? "")
      .split(",")
      .map((value) => value.trim())
      .filter((value) => value !== "")
      .map((value, place) => ({ key: { place, label: `${name}#${place + 1}`, value }, restsUntil: 0 }));
  }

  get size(): number {
    return this.#slots.length;
  }

  /**
   * The key for an attempt: the next in turn that neither rests nor was tried before. When all untried
   * ones rest, the one of them that rests the shortest; when none is untried, all count as such again.
   * Undefined when there is no key at all.
   */
  take({ keysTried = [] }: KeysUsed, now: number): ProviderKey | undefined {
    const inTurn = [...this.#slots.slice(this.#turn), ...this.#slots.slice(0, this.#turn)];
    const untried = inTurn.filter(({ key }) => !keysTried.includes(key.place));
    const slots = untried.length > 0 ? untried : inTurn;
    const ready = slots.find(({ restsUntil }) => restsUntil <= now);
    const [taken] = ready === undefined ? slots.toSorted((a, b) => a.restsUntil - b.restsUntil) : [ready];
    if (taken !== undefined) this.#turn = (taken.key.place + 1) % this.#slots.length;
    return taken?.key;
  }

  /** The provider refused this key: it rests. */
  refuse(key: ProviderKey, now: number): void {
    for (const slot of this.#slots) if (slot.key === key) slot.restsUntil = now + COOL_DOWN_MS;
  }

  /** The keys themselves, to be kept out of answers. */
  values(): string[] {
    return this.#slots.map(({ key }) => key.value);
  }

  /**
   * Keys that another attempt at the request may still try after `used` failed: those that neither rest nor were tried.
   * A gateway from before `keysTried` says only how many were.
   */
  left(used: ProviderKey, { keysTried, keySlot = 0 }: KeysUsed, now: number): number {
    const ready = this.#slots.filter(
      ({ key, restsUntil }) => key !== used && restsUntil <= now && keysTried?.includes(key.place) !== true,
    ).length;
    return keysTried === undefined ? Math.max(0, Math.min(ready, this.size - 1 - keySlot)) : ready;
  }
}
