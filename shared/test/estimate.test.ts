import { encode } from "gpt-tokenizer/encoding/o200k_base";
import { expect, test } from "vitest";
import { estimatePromptTokens, estimateTokens } from "../upstream/estimate.ts";

const texts = {
  English: "The quick brown fox jumps over the lazy dog, and then it rests for a while in the shade of a tree. ".repeat(
    20,
  ),
  code: "export function add(a: number, b: number): number {\n  return a + b;\n}\n".repeat(20),
  Chinese: "敏捷的棕色狐狸跳过了懒狗,然后在树荫下休息了一会儿。".repeat(20),
  Russian: "Быстрая коричневая лиса прыгает через ленивую собаку и отдыхает. ".repeat(20),
};

test.each(Object.entries(texts))("an estimate of %s is within half of the count", (_, text) => {
  const count = encode(text).length;
  expect(estimateTokens(text)).toBeGreaterThan(count * 0.5);
  expect(estimateTokens(text)).toBeLessThan(count * 1.6);
});

test("an embedded image does not count as text", () => {
  const image = "A".repeat(4_000_000);
  const request = (url: string) => JSON.stringify({ messages: [{ role: "user", content: [{ image_url: { url } }] }] });
  expect(estimatePromptTokens(request(`data:image/png;base64,${image}`))).toBeLessThan(100);
  expect(estimatePromptTokens("")).toBe(0);
});

test("a text that begins as an embedded file does and never ends is text", () => {
  const cut = `{"url":"data:image/png;base64,${"A".repeat(4_000)}`;
  expect(estimatePromptTokens(cut)).toBeGreaterThan(900);
});

test("a long prompt is estimated like a short one, by its script", () => {
  const request = JSON.stringify({ messages: [{ role: "user", content: texts.Chinese.repeat(20) }] });
  const count = encode(request).length;
  expect(estimatePromptTokens(request)).toBeGreaterThan(count * 0.5);
  expect(estimatePromptTokens(request)).toBeLessThan(count * 1.6);
});
