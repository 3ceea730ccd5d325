import { encodeText, type TokenSink } from "./encoding/encode.ts";
import { type Encoding, type EncodingName, loadEncoding } from "./encoding/encodings.ts";
import { TokenCounter } from "./encoding/sinks.ts";
import { encodeWithSpecial } from "./encoding/special.ts";
import { profiles } from "./estimate/profiles.ts";
import { tokenWeights, WeightedCounter } from "./estimate/weighted-counter.ts";
import type { TokenModel } from "./models.ts";

/** Counts texts for one model. */
export interface TextCounter {
  /** Null for an estimate: its base encoding is not the model's. */
  encodingName: EncodingName | null;
  /** The encoding that counts, or that an estimate starts from. */
  encoding: Encoding;
  /** Yields in the middle of long texts. */
  count(text: string, allowedSpecial: ReadonlySet<string>): Generator<void, number>;
  /** Tokens by which a count may be off; 0 for an exact one. */
  bound(count: number): number;
}

export async function textCounter(model: TokenModel): Promise<TextCounter> {
  if (model.method === "exact") {
    const encoding = await loadEncoding(model.encoding);
    return {
      encodingName: model.encoding,
      encoding,
      count: (text, allowed) => counted(encodeWithSpecial, text, encoding, new TokenCounter(), allowed),
      bound: () => 0,
    };
  }
  const { base, bound } = profiles[model.profile];
  const encoding = await loadEncoding(base);
  const weights = tokenWeights(model.profile, encoding);
  return {
    encodingName: null,
    encoding,
    count: (text) => counted(encodeText, text, encoding, new WeightedCounter(weights), new Set()),
    bound: (count) => Math.ceil(count * bound),
  };
}

function* counted(
  encode: typeof encodeWithSpecial | typeof encodeText,
  text: string,
  encoding: Encoding,
  sink: TokenSink & { readonly count: number },
  allowed: ReadonlySet<string>,
): Generator<void, number> {
  yield* encode(text, encoding, sink, allowed);
  return sink.count;
}
