import type { Encoding } from "../encoding/encodings.ts";
import type { TokenSink } from "../encoding/sinks.ts";
import { type EstimateName, profiles } from "./profiles.ts";
import { scriptOf } from "./scripts.ts";

/** By token of a base encoding: what it counts for in the other tokenizer, and by how much that may be off. */
export interface TokenWeights {
  counts: Float32Array;
  bounds: Float32Array;
}

/** Adds up the weights of tokens: an estimate of how many another tokenizer would make of the text. */
export class WeightedCounter implements TokenSink {
  readonly #weights: TokenWeights;
  #sum = 0;
  #boundSum = 0;

  constructor(weights: TokenWeights) {
    this.#weights = weights;
  }

  get count(): number {
    return Math.round(this.#sum);
  }

  /** Tokens by which `count` may be off. */
  get bound(): number {
    return Math.ceil(this.#boundSum);
  }

  add(tokens: Int32Array, count: number): void {
    for (let at = 0; at < count; at++) this.addOne(tokens[at] ?? 0);
  }

  addOne(token: number): void {
    this.#sum += this.#weights.counts[token] ?? 0;
    this.#boundSum += this.#weights.bounds[token] ?? 0;
  }

  mark(): readonly number[] {
    return [this.#sum, this.#boundSum];
  }

  rewind([sum = 0, boundSum = 0]: readonly number[]): void {
    this.#sum = sum;
    this.#boundSum = boundSum;
  }
}

const weightsOf = new Map<EstimateName, TokenWeights>();

/** The weights of each token of the profile's base encoding; made once. */
export function tokenWeights(name: EstimateName, encoding: Encoding): TokenWeights {
  const known = weightsOf.get(name);
  if (known !== undefined) return known;
  const { vocabulary } = encoding;
  const weights = { counts: new Float32Array(vocabulary.size), bounds: new Float32Array(vocabulary.size) };
  for (let rank = 0; rank < vocabulary.size; rank++) {
    const bytes = vocabulary.bytesOf(rank);
    if (bytes === undefined) continue;
    const [ratio, bound] = profiles[name].scripts[scriptOf(bytes)];
    weights.counts[rank] = ratio;
    weights.bounds[rank] = ratio * bound;
  }
  weightsOf.set(name, weights);
  return weights;
}
