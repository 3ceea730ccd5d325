import type { TokenSink } from "../encoding/encode.ts";
import type { Encoding } from "../encoding/encodings.ts";
import type { EstimateName } from "./profiles.ts";
import { profiles } from "./profiles.ts";
import { scriptOf } from "./scripts.ts";

/** Adds up the weights of tokens: an estimate of how many another tokenizer would make of the text. */
export class WeightedCounter implements TokenSink {
  readonly #weights: Float32Array;
  #sum = 0;

  constructor(weights: Float32Array) {
    this.#weights = weights;
  }

  get count(): number {
    return Math.round(this.#sum);
  }

  add(tokens: Int32Array, count: number): void {
    for (let at = 0; at < count; at++) this.#sum += this.#weights[tokens[at] ?? 0] ?? 1;
  }

  addOne(token: number): void {
    this.#sum += this.#weights[token] ?? 1;
  }

  mark(): number {
    return this.#sum;
  }

  rewind(mark: number): void {
    this.#sum = mark;
  }
}

const weightsOf = new Map<EstimateName, Float32Array>();

/** The weight of each token of the profile's base encoding; made once. */
export function tokenWeights(name: EstimateName, encoding: Encoding): Float32Array {
  let weights = weightsOf.get(name);
  if (weights === undefined) {
    const { ratios } = profiles[name];
    const { vocabulary } = encoding;
    weights = Float32Array.from({ length: vocabulary.size }, (_, rank) => {
      const bytes = vocabulary.bytesOf(rank);
      return bytes === undefined ? 0 : ratios[scriptOf(bytes)];
    });
    weightsOf.set(name, weights);
  }
  return weights;
}
