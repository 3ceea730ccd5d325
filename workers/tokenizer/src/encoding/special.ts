import { encodeText } from "./encode.ts";
import type { Encoding } from "./encodings.ts";
import type { TokenSink } from "./sinks.ts";

/** Encodes text in which the named special tokens count as such; all else is ordinary text. */
export function* encodeWithSpecial(
  text: string,
  encoding: Encoding,
  sink: TokenSink,
  allowed: ReadonlySet<string>,
): Generator<void, void> {
  if (allowed.size === 0) return yield* encodeText(text, encoding, sink);
  let from = 0;
  for (const { index, 0: special } of text.matchAll(anyOf(allowed))) {
    yield* encodeText(text.slice(from, index), encoding, sink);
    const token = encoding.specialTokens.get(special);
    if (token !== undefined) sink.addOne(token);
    from = index + special.length;
  }
  yield* encodeText(text.slice(from), encoding, sink);
}

/** Alternatives of literal text: a linear search. */
function anyOf(tokens: ReadonlySet<string>): RegExp {
  return new RegExp([...tokens].map((token) => token.replace(/[^\w]/g, "\\$&")).join("|"), "g");
}
