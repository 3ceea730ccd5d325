import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { growing } from "../../../bench/tokenizer/corpus.ts";
import { loadEncoding } from "../src/encoding/encodings.ts";
import { mergeInWindows } from "../src/encoding/merge-windows.ts";
import { TokenCounter, TokenList } from "../src/encoding/sinks.ts";
import { encodingNames, tokensOf } from "./helpers.ts";

describe.each(encodingNames)("%s", async (name) => {
  const encoding = await loadEncoding(name);

  function inWindows(bytes: Uint8Array, window: number, overlap: number): number[] {
    const list = new TokenList(Number.POSITIVE_INFINITY, () => {
      throw new Error("full");
    });
    for (const _ of mergeInWindows(bytes, 0, bytes.length, encoding, list, { window, overlap }));
    return list.tokens;
  }

  function atOnce(bytes: Uint8Array): number[] {
    encoding.merger.merge(bytes, 0, bytes.length);
    return [...encoding.merger.tokens.subarray(0, encoding.merger.count)];
  }

  test("a long piece merged in windows is as if merged at once, however small the windows", () => {
    const piece = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      fc
        .array(fc.constantFrom(97, 98, 32, 0xe4, 0xbd, 0xa0), { minLength: 1, maxLength: 400 })
        .map((values) => Uint8Array.from(values)),
      fc.integer({ min: 1, max: 600 }).map((length) => new Uint8Array(length).fill(97)),
      fc.integer({ min: 1, max: 600 }).map((length) => new Uint8Array(length).fill(32)),
    );
    fc.assert(
      fc.property(piece, fc.integer({ min: 2, max: 64 }), fc.integer({ min: 0, max: 32 }), (bytes, window, overlap) => {
        expect(inWindows(bytes, window, overlap)).toEqual(atOnce(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  test.each(Object.entries(growing))("%s of 100,000 characters: windows as at once", (_, text) => {
    const bytes = new TextEncoder().encode(text(100_000));
    expect(inWindows(bytes, 16 * 1024, 1024)).toEqual(atOnce(bytes));
  });
});

test("a megabyte of one character is counted in seconds, not hours", async () => {
  const encoding = await loadEncoding("o200k_base");
  const start = performance.now();
  for (const character of ["a", " ", "\n", "!", "的", "1", "\u0301"]) {
    tokensOf(character.repeat(1_000_000 / new TextEncoder().encode(character).length), encoding);
  }
  expect(performance.now() - start).toBeLessThan(30_000);
}, 60_000);

test("counting keeps no tokens", async () => {
  const counter = new TokenCounter();
  const encoding = await loadEncoding("o200k_base");
  for (const _ of mergeInWindows(new Uint8Array(100_000).fill(97), 0, 100_000, encoding, counter));
  expect(counter.count).toBe(12_500);
});
