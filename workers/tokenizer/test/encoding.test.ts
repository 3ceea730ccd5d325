import fc from "fast-check";
import { Tiktoken as JsTiktoken } from "js-tiktoken/lite";
import { get_encoding } from "tiktoken";
import { describe, expect, test } from "vitest";
import { decodeTokens } from "../src/encoding/decode.ts";
import { loadEncoding } from "../src/encoding/encodings.ts";
import { loadRanks } from "../src/encoding/ranks.ts";
import { corpus, randomBytesAsText } from "./corpus.ts";
import { encodingNames, tokensOf } from "./helpers.ts";

describe.each(encodingNames)("%s", async (name) => {
  const encoding = await loadEncoding(name);
  const tiktoken = get_encoding(name);
  const jsTiktoken = new JsTiktoken({ pat_str: "", ...(await loadRanks(name)) });
  const byTiktoken = (text: string) => [...tiktoken.encode(text, [], [])];

  test.each(Object.entries(corpus))("%s has tiktoken's tokens", (_, text) => {
    expect(tokensOf(text, encoding)).toEqual(byTiktoken(text));
  });

  test.each(Object.entries(corpus).filter(([, text]) => !differsInJavaScript(text)))(
    "%s has js-tiktoken's tokens",
    (_, text) => {
      expect(tokensOf(text, encoding)).toEqual(jsTiktoken.encode(text, [], []));
    },
  );

  test("bytes without meaning have tiktoken's tokens", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const text = randomBytesAsText(500, seed);
      expect(tokensOf(text, encoding)).toEqual(byTiktoken(text));
    }
  });

  test("any text has tiktoken's tokens, and they decode to the text (10,000 cases in all encodings)", () => {
    const anyText = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), mixture, fc.string({ maxLength: 200 }));
    const cases = { numRuns: 10_000 / encodingNames.length };
    fc.assert(
      fc.property(anyText, (text) => {
        const tokens = tokensOf(text, encoding);
        expect(tokens).toEqual(byTiktoken(text));
        expect(decodeTokens(tokens, encoding)).toBe(text.toWellFormed());
      }),
      cases,
    );
  });

  test("a text longer than a window has tiktoken's tokens, wherever the window's end falls", () => {
    const all = Object.values(corpus).join("\n");
    const long = all.repeat(Math.ceil(100_000 / all.length));
    for (const shift of [0, 1, 2, 3, 7]) {
      const text = "x".repeat(shift) + long;
      expect(tokensOf(text, encoding)).toEqual(byTiktoken(text));
    }
  });
});

test("a character of two UTF-16 units at a window's end is not cut", async () => {
  const encoding = await loadEncoding("o200k_base");
  const text = `${"x ".repeat(16 * 1024 - 1)}x😀 and more`;
  expect(decodeTokens(tokensOf(text, encoding), encoding)).toBe(text);
});

/** Short pieces that meet at the seams of the split patterns. */
const mixture = fc
  .array(
    fc.constantFrom(
      ..."a,B,é,É,ß,ǅ,ʰ,的,́,1,٣,²,½, ,  ,\n,\r,\t,\u00a0,\u0085,\u2028,\u3000,\ufeff,/,!,',’,'s,'S,'ſ,'ll,'LL,'re,'VE,👩‍👧,\ud800,\u0000".split(
        ",",
      ),
    ),
    { maxLength: 16 },
  )
  .map((parts) => parts.join(""));

/**
 * tiktoken's regex engine has other ideas of white space (U+0085 is, U+FEFF is not),
 * of the case of U+017F and, by its Unicode version, of the newest letters.
 * Where it and JavaScript's differ, OpenAI's own counts.
 */
function differsInJavaScript(text: string): boolean {
  return /[\u0085\ufeff]|'ſ|\u{16ea0}/u.test(text);
}
