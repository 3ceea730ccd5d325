/** closed: requests pass; open: the target is unwell; half-open: one probe may find out. */
export type BreakerState = "closed" | "open" | "half-open";

/** Failures are counted over this sliding time, milliseconds. */
const WINDOW_MS = 30_000;
/** With fewer answers in the window a share says nothing. */
const MIN_ANSWERS = 20;
/** Share of failures that opens the circuit. */
const FAILURE_SHARE = 0.5;
/** How long an open circuit waits for its first probe, milliseconds; the provider's Retry-After may lengthen it. */
const OPEN_MS = 10_000;
const LONGEST_OPEN_MS = 60_000;

/** Most circuits that are kept, since clients may name any model. The one that failed longest ago goes first. */
const MOST_CIRCUITS = 1_000;

/** Answers are counted by the second. */
const BUCKET_MS = 1_000;

interface Circuit {
  /** Oldest first; none older than the window. */
  buckets: { second: number; answers: number; failures: number }[];
  /** 0 while closed. */
  openUntil: number;
  /** When the last probe began; a probe that never ended stops counting after OPEN_MS. */
  probeAt: number;
}

/**
 * Remembers, in this isolate, how the targets have answered lately. It turns no request away: an open circuit only
 * moves its target to the end of a plan. Times are milliseconds.
 */
export class Breaker {
  readonly #circuits = new Map<string, Circuit>();

  /** Circuits that are remembered. */
  get size(): number {
    return this.#circuits.size;
  }

  state(key: string, now: number): BreakerState {
    const circuit = this.#circuits.get(key);
    if (circuit === undefined || circuit.openUntil === 0) return "closed";
    return now < Math.max(circuit.openUntil, circuit.probeAt + OPEN_MS) ? "open" : "half-open";
  }

  /** An attempt begins; in a half-open circuit it is the probe. */
  began(key: string, now: number): void {
    const circuit = this.#circuits.get(key);
    if (circuit !== undefined && this.state(key, now) === "half-open") circuit.probeAt = now;
  }

  succeeded(key: string, now: number): void {
    const circuit = this.#circuits.get(key);
    if (circuit === undefined) return;
    // Nothing is kept of a target that is well.
    if (circuit.openUntil > 0 || this.#count(circuit, now, 0).failures === 0) this.#circuits.delete(key);
  }

  /** The attempt said nothing of the target: the next one is the probe in its place. */
  unknown(key: string): void {
    const circuit = this.#circuits.get(key);
    if (circuit !== undefined) circuit.probeAt = Number.NEGATIVE_INFINITY;
  }

  /** @param retryAfterMs what the provider asks for; the circuit stays open so long, within bounds */
  failed(key: string, now: number, retryAfterMs = 0): void {
    const circuit = this.#circuits.get(key) ?? { buckets: [], openUntil: 0, probeAt: Number.NEGATIVE_INFINITY };
    // The map stays in the order of last failures.
    this.#circuits.delete(key);
    this.#circuits.set(key, circuit);
    const [oldest] = this.#circuits.keys();
    if (this.#circuits.size > MOST_CIRCUITS && oldest !== undefined) this.#circuits.delete(oldest);
    const { answers, failures } = this.#count(circuit, now, 1);
    if (circuit.openUntil === 0 && (answers < MIN_ANSWERS || failures / answers < FAILURE_SHARE)) return;
    circuit.openUntil = now + Math.min(Math.max(OPEN_MS, retryAfterMs), LONGEST_OPEN_MS);
    circuit.probeAt = Number.NEGATIVE_INFINITY;
  }

  /** Adds an answer, and sums up the window. */
  #count(circuit: Circuit, now: number, failure: 0 | 1): { answers: number; failures: number } {
    const second = Math.floor(now / BUCKET_MS);
    const oldest = Math.floor((now - WINDOW_MS) / BUCKET_MS);
    circuit.buckets = circuit.buckets.filter((bucket) => bucket.second > oldest);
    const last = circuit.buckets.at(-1);
    if (last?.second === second) {
      last.answers++;
      last.failures += failure;
    } else circuit.buckets.push({ second, answers: 1, failures: failure });
    let answers = 0;
    let failures = 0;
    for (const bucket of circuit.buckets) {
      answers += bucket.answers;
      failures += bucket.failures;
    }
    return { answers, failures };
  }
}
