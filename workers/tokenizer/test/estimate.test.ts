import { expect, test } from "vitest";
import { loadEncoding } from "../src/encoding/encodings.ts";
import { scriptOf } from "../src/estimate/scripts.ts";
import { countOf } from "./helpers.ts";

test.each([
  [" the", "latin"],
  ["Größe", "accented"],
  ["é", "accented"],
  ["ế", "vietnamese"],
  ["123", "digits"],
  ["  ", "symbol"],
  ["});\n", "symbol"],
  [" — ", "symbol"],
  ["λόγος", "greek"],
  [" привет", "cyrillic"],
  ["ქართული", "caucasian"],
  ["Հայ", "caucasian"],
  ["שלום", "hebrew"],
  ["مرحبا", "arabic"],
  ["नमस्ते", "devanagari"],
  ["বাংলা", "bengali"],
  ["தமிழ்", "indic"],
  ["ไทย", "thai"],
  ["አማርኛ", "asian"],
  ["カタカナ", "kana"],
  ["漢字", "han"],
  ["한국어", "hangul"],
  ["👋", "emoji"],
])("%s is %s", (text, script) => {
  expect(scriptOf(new TextEncoder().encode(text))).toBe(script);
});

test("the middle of a character is of no script", () => {
  expect(scriptOf(Uint8Array.of(0x91, 0x8b))).toBe("cut");
});

test("English is estimated close to OpenAI's count; other scripts by their own ratio", async () => {
  const english = "All human beings are born free and equal in dignity and rights. ".repeat(50);
  const tamil = "மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர். ".repeat(50);
  const exact = await countOf(english);
  const llama = await countOf(english, "@cf/meta/llama-4-scout-17b-16e-instruct");
  expect(Math.abs(llama - exact) / exact).toBeLessThan(0.05);
  expect((await countOf(tamil, "llama-4-scout")) / (await countOf(tamil))).toBeGreaterThan(1.3);
});

test("every token of a base encoding has a script", async () => {
  const { vocabulary } = await loadEncoding("o200k_base");
  for (let rank = 0; rank < vocabulary.size; rank++)
    expect(scriptOf(vocabulary.bytesOf(rank) ?? new Uint8Array())).toBeTruthy();
});
