/** How long a refused key rests before it is tried again, milliseconds. */
const COOL_DOWN_MS = 60_000;

/** One of a provider's keys. The label may be logged; the value never. */
export interface ProviderKey {
  label: string;
  value: string;
}

/**
 * The keys of one provider, in turn. One KeyRing lives as long as its isolate:
 * requests share it, and a key that was refused rests.
 */
export class KeyRing {
  readonly #keys: { key: ProviderKey; restsUntil: number }[];
  #turn = 0;

  /** @param secret the secret's text: one key, or several with commas between */
  constructor(name: string, secret: string | undefined) {
    this.#keys = (secret ?? "")
      .split(",")
      .map((value) => value.trim())
      .filter((value) => value !== "")
      .map((value, at) => ({ key: { label: `${name}#${at + 1}`, value }, restsUntil: 0 }));
  }

  get size(): number {
    return this.#keys.length;
  }

  /** The next key that does not rest; when all do, the one that rests the shortest; undefined when there is none at all. */
  next(now: number): ProviderKey | undefined {
    for (let step = 0; step < this.#keys.length; step++) {
      const slot = this.#keys[(this.#turn + step) % this.#keys.length];
      if (slot === undefined || slot.restsUntil > now) continue;
      this.#turn = (this.#turn + step + 1) % this.#keys.length;
      return slot.key;
    }
    return this.#keys.toSorted((a, b) => a.restsUntil - b.restsUntil)[0]?.key;
  }

  /** The provider refused this key: it rests. */
  refuse(key: ProviderKey, now: number): void {
    for (const slot of this.#keys) if (slot.key === key) slot.restsUntil = now + COOL_DOWN_MS;
  }

  /** The keys themselves, to be kept out of answers. */
  values(): string[] {
    return this.#keys.map(({ key }) => key.value);
  }

  /**
   * Keys that a next attempt may still try, after this one failed: those that do not rest, without
   * it, and never one twice for a request that has used up `tried` keys before it.
   */
  others(used: ProviderKey, tried: number, now: number): number {
    const ready = this.#keys.filter(({ key, restsUntil }) => key !== used && restsUntil <= now).length;
    return Math.max(0, Math.min(ready, this.#keys.length - 1 - tried));
  }

  /** Keys that do not rest. */
  live(now: number): number {
    return this.#keys.filter((slot) => slot.restsUntil <= now).length;
  }
}
