import { encodeText } from "./encoding/encode.ts";
import { type Encoding, type EncodingName, loadEncoding } from "./encoding/encodings.ts";
import { TokenCounter } from "./encoding/sinks.ts";
import { encodeWithSpecial } from "./encoding/special.ts";
import { profiles } from "./estimate/profiles.ts";
import { tokenWeights, WeightedCounter } from "./estimate/weighted-counter.ts";
import type { TokenModel } from "./models.ts";

/** Tokens, and by how many of them the count may be off: 0 for an exact one. */
export interface TextCount {
  count: number;
  bound: number;
}

/** Counts texts for one model. */
export interface TextCounter {
  /** Null for an estimate: its base encoding is not the model's. */
  encodingName: EncodingName | null;
  /** The encoding that counts, or that an estimate starts from. */
  encoding: Encoding;
  /** Yields in the middle of long texts, and after much text in short ones. */
  count(text: string, allowedSpecial?: ReadonlySet<string>): Generator<void, TextCount>;
}

const NONE: ReadonlySet<string> = new Set();

export async function textCounter(model: TokenModel): Promise<TextCounter> {
  const pace = new Pace();
  if (model.method === "exact") {
    const encoding = await loadEncoding(model.encoding);
    return {
      encodingName: model.encoding,
      encoding,
      *count(text, allowedSpecial = NONE) {
        const sink = new TokenCounter();
        yield* encodeWithSpecial(text, encoding, sink, allowedSpecial);
        yield* pace.after(text);
        return { count: sink.count, bound: 0 };
      },
    };
  }
  const encoding = await loadEncoding(profiles[model.profile].base);
  const weights = tokenWeights(model.profile, encoding);
  return {
    encodingName: null,
    encoding,
    *count(text) {
      const sink = new WeightedCounter(weights);
      yield* encodeText(text, encoding, sink);
      yield* pace.after(text);
      return { count: sink.count, bound: sink.bound };
    },
  };
}

/** Characters of short texts between two pauses; a text costs something however short. */
const STRIDE = 32 * 1024;
const PER_TEXT = 100;

class Pace {
  #since = 0;

  *after(text: string): Generator<void, void> {
    this.#since += text.length + PER_TEXT;
    if (this.#since < STRIDE) return;
    this.#since = 0;
    yield;
  }
}
