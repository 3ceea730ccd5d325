import { describe, expect, test } from "vitest";
import { imageRule, imageTokens, readImage } from "../src/chat/images.ts";

/** The first bytes of a PNG of this size. */
function png(width: number, height: number): string {
  const head = new DataView(new ArrayBuffer(27));
  head.setUint32(0, 0x89504e47);
  head.setUint32(4, 0x0d0a1a0a);
  head.setUint32(8, 13);
  head.setUint32(12, 0x49484452);
  head.setUint32(16, width);
  head.setUint32(20, height);
  return dataUrl("png", new Uint8Array(head.buffer));
}

function dataUrl(type: string, bytes: Uint8Array): string {
  return `data:image/${type};base64,${Buffer.from(bytes).toString("base64")}`;
}

function tokens(url: string, model: string, detail = "high") {
  const rule = imageRule(model);
  return rule && imageTokens(readImage({ url, detail }, "messages[0].content[0].image_url"), rule);
}

describe("OpenAI's published examples", () => {
  test.each([
    ["gpt-4o", 1024, 1024, 765],
    ["gpt-4o", 2048, 4096, 1105],
    ["gpt-4o", 4096, 8192, 1105],
    ["gpt-4o", 512, 512, 255],
    ["gpt-4o-mini", 512, 512, 2833 + 5667],
    ["o1", 1024, 1024, 75 + 4 * 150],
    ["gpt-5", 1024, 1024, 70 + 4 * 140],
    ["gpt-5.1", 1024, 1024, 70 + 4 * 140],
    ["gpt-4.1-mini", 1024, 1024, Math.ceil(1024 * 1.62)],
    ["gpt-4.1-mini", 1800, 2400, Math.ceil(1452 * 1.62)],
    // As recorded.
    ["gpt-4.1-mini", 300, 346, 179],
    ["gpt-4.1-mini", 240, 278, 117],
    ["gpt-4.1-nano", 32, 32, 3],
    ["o4-mini", 1024, 1024, Math.ceil(1024 * 1.72)],
  ])("%s, %i × %i: %i tokens", (model, width, height, expected) => {
    expect(tokens(png(width, height), model)).toEqual({ tokens: expected, slack: 0 });
  });

  test("low detail costs the base, whatever the size", () => {
    expect(tokens("https://example.com/a.png", "gpt-4o", "low")).toEqual({ tokens: 85, slack: 0 });
  });
});

describe("the patches of GPT-5, as recorded", () => {
  test.each([
    ["gpt-5.4", 60, 30, 4, 2],
    ["gpt-5.4", 240, 278, 88, 2],
    // Of 80 × 53 patches 48 × 31 are left; a model that does not scale would count them all.
    ["gpt-5-nano", 2560, 1670, 2233, 6361 - 2233],
    ["gpt-5-mini", 1024, 1024, 1230, 2],
    ["gpt-5.4-nano", 1024, 1024, 1230, 2],
    ["gpt-5.2", 1024, 1024, 1230, 2],
    ["gpt-5.6-sol", 1600, 1600, 3001, 2],
    ["gpt-6", 1024, 1024, 1230, 2],
  ])("%s, %i × %i: %i tokens, off by at most %i", (model, width, height, expected, slack) => {
    expect(tokens(png(width, height), model)).toEqual({ tokens: expected, slack });
  });

  test("in low detail may be far fewer", () => {
    expect(tokens(png(1024, 1024), "gpt-5.4", "low")).toEqual({ tokens: 1230, slack: 1230 });
  });
});

describe("Gemini", () => {
  test.each([
    ["gemini-1.5-pro", 5000, 5000, 258, 0],
    // As recorded, and small ones as Google has it.
    ["gemini-2.0-flash", 384, 384, 258, 0],
    ["gemini-2.0-flash", 540, 360, 1806, 258],
    ["gemini-2.0-flash", 640, 480, 1290, 258],
    ["gemini-2.0-flash", 3008, 2000, 3354, 258],
    // The whole of it as recorded; crops beside it are possible.
    ["gemini-2.5-flash", 239, 178, 258, 0],
    ["gemini-2.5-flash", 640, 480, 258, 4 * 258],
    ["gemini-2.5-pro", 5000, 5000, 258, 49 * 258],
    // At most; recorded 1,081, 1,085 and 1,089.
    ["gemini-3.5-flash", 60, 30, 1120, 40],
    ["gemini-3.5-flash", 300, 346, 1120, 40],
    ["google/gemini-3-flash-preview", 128, 128, 1120, 40],
    ["gemini-pro", 4000, 3000, 1120, 40],
  ])("%s, %i × %i: %i tokens, off by at most %i", (model, width, height, expected, slack) => {
    expect(tokens(png(width, height), model)).toMatchObject({ tokens: expected, slack });
  });

  test.each([
    ["gemini-2.0-flash", 1290, 1290],
    ["gemini-2.5-flash", 258, 1032],
    ["gemini-3-flash-preview", 1120, 40],
  ])("%s, behind a URL: %i tokens, off by at most %i", (model, expected, slack) => {
    expect(tokens("https://example.com/a.png", model)).toMatchObject({ tokens: expected, slack });
  });
});

test.each([
  "@cf/meta/llama-4-scout-17b-16e-instruct",
  "qwen/qwen2.5-vl-72b-instruct",
  "gemma-3-27b-it",
  "gpt-oss-120b",
])("%s: no rule is known", (model) => {
  expect(imageRule(model)).toBeUndefined();
});

test("an image behind a URL counts as 1024 × 1024, and may be off by all of it", () => {
  expect(tokens("https://example.com/a.png", "gpt-4o")).toEqual({ tokens: 765, slack: 765 });
});

describe("the size is read from the first bytes", () => {
  const gif = Uint8Array.of(0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x00, 0x04, 0x00, 0x02);
  const jpeg = Uint8Array.of(
    ...[0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, ...new Array<number>(14).fill(0)],
    ...[0xff, 0xc4, 0x00, 0x04, 0, 0, 0xff, 0xc2, 0x00, 0x11, 0x08, 0x02, 0x00, 0x04, 0x00, 3, 0, 0],
  );
  const paddedJpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xff, 0xff, 0xc0, 0, 0x11, 8, 2, 0, 4, 0, 3, 0, 0);
  const webp = (chunk: string, rest: number[]) =>
    Uint8Array.from([...Buffer.from(`RIFF\0\0\0\0WEBP${chunk}\0\0\0\0`), ...rest, ...new Array<number>(20).fill(0)]);

  test.each([
    ["GIF", "gif", gif],
    ["JPEG, behind other segments", "jpeg", jpeg],
    ["JPEG, with padding before a marker", "jpeg", paddedJpeg],
    ["WebP, lossy", "webp", webp("VP8 ", [0, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x04, 0x00, 0x02])],
    ["WebP, lossless", "webp", webp("VP8L", [0x2f, 0xff, 0xc3, 0x7f, 0x00])],
    ["WebP, extended", "webp", webp("VP8X", [0, 0, 0, 0, 0xff, 0x03, 0x00, 0xff, 0x01, 0x00])],
  ])("%s: 1024 × 512", (_, type, bytes) => {
    expect(tokens(dataUrl(type, bytes), "gpt-4o")).toEqual({ tokens: 85 + 2 * 170, slack: 0 });
  });

  test("an image that is given as a text, without detail, counts too", () => {
    const rule = imageRule("gpt-4o");
    const image = readImage(png(512, 512), "messages[0].content[0].image_url");
    expect(rule && imageTokens(image, rule)).toEqual({ tokens: 255, slack: 0 });
  });

  test.each([
    dataUrl("webp", webp("ANIM", [0, 0, 0, 0])),
    dataUrl("jpeg", Uint8Array.of(0xff, 0xd8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    dataUrl("jpeg", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0)),
    "data:image/png;base64,",
    "data:image/png;base64,!!!!",
    "data:,x",
    "data:image/jpeg;base64,/9j/",
    png(0, 0),
  ])("%s: unknown, not an error", (url) => {
    expect(tokens(url, "gpt-4o")).toEqual({ tokens: 765, slack: 765 });
  });
});
