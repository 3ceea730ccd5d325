import { describe, expect, test } from "vitest";
import { loadEncoding } from "../src/encoding/encodings.ts";
import { TokenCounter, TokenList, type TokenSink } from "../src/encoding/sinks.ts";
import { tokenWeights, WeightedCounter } from "../src/estimate/weighted-counter.ts";

const unlimited = () => {
  throw new Error("more than a test adds");
};
const weights = tokenWeights("llama-4", await loadEncoding("o200k_base"));

describe.each<[string, () => TokenSink, (sink: TokenSink) => unknown]>([
  ["a count", () => new TokenCounter(), (sink) => sink instanceof TokenCounter && sink.count],
  ["a list", () => new TokenList(10, unlimited), (sink) => sink instanceof TokenList && [...sink.tokens]],
  [
    "an estimate",
    () => new WeightedCounter(weights),
    (sink) => sink instanceof WeightedCounter && [sink.count, sink.bound],
  ],
])("%s of tokens", (_, make, read) => {
  test("is the same whether they come one by one or many at once, of which only the first are meant", () => {
    const [single, several] = [make(), make()];
    for (const token of [5, 1_000, 70_000]) single.addOne(token);
    several.add(Int32Array.of(5, 1_000, 70_000, 9, 9), 3);
    expect(read(several)).toEqual(read(single));
    expect(read(several)).not.toEqual(read(make()));
  });

  test("goes back to a mark, and on from there", () => {
    const [straight, detour] = [make(), make()];
    for (const sink of [straight, detour]) sink.addOne(5);
    const mark = detour.mark();
    detour.add(Int32Array.of(1, 2, 3), 3);
    detour.rewind(mark);
    expect(read(detour)).toEqual(read(straight));
    for (const sink of [straight, detour]) sink.addOne(70_000);
    expect(read(detour)).toEqual(read(straight));
  });
});

test("a list that is full says so before it takes another token", () => {
  const list = new TokenList(2, () => {
    throw new Error("full");
  });
  expect(() => list.add(Int32Array.of(1, 2, 3), 3)).toThrow("full");
  expect(list.tokens).toEqual([1, 2]);
});
