import { badRequest } from "@ai-proxy/shared/errors";
import { isObject } from "@ai-proxy/shared/json";
import { bareId } from "../models.ts";
import { type ImageSize, imageSizeOfDataUrl } from "./image-size.ts";

/**
 * OpenAI's published formulas, and Gemini's; where recorded counts differ, theirs.
 * Sources: platform.openai.com/docs/guides/images-vision (calculating costs),
 * ai.google.dev/gemini-api/docs/{tokens,image-understanding,media-resolution}.
 */
export type ImageRule =
  | { kind: "tiles"; base: number; tile: number }
  | { kind: "patches"; most: number; factor: number }
  | { kind: "recorded patches"; most: number; factor: number }
  | { kind: "crops" }
  | { kind: "overview" }
  | { kind: "flat"; tokens: number; slack: number };

const rules: [id: RegExp, rule: ImageRule | undefined][] = [
  [/^gpt-oss/, undefined],
  [/^gpt-4o-mini/, { kind: "tiles", base: 2833, tile: 5667 }],
  [/^gpt-4\.1-mini/, { kind: "patches", most: 1536, factor: 1.62 }],
  [/^gpt-4\.1-nano/, { kind: "patches", most: 1536, factor: 2.46 }],
  [/^o4-mini/, { kind: "patches", most: 1536, factor: 1.72 }],
  [/^(o1|o3)/, { kind: "tiles", base: 75, tile: 150 }],
  [/^gpt-5-nano/, { kind: "recorded patches", most: 1536, factor: 1.5 }],
  [
    /^gpt-5(-mini|(\.\d)?-codex-mini|\.\d-mini|\.\d-nano|\.[23])/,
    { kind: "recorded patches", most: 1536, factor: 1.2 },
  ],
  [/^gpt-5(?!\.[4-9])/, { kind: "tiles", base: 70, tile: 140 }],
  [/^gpt-([5-9]|\d\d)/, { kind: "recorded patches", most: 2500, factor: 1.2 }],
  [/^computer-use/, { kind: "tiles", base: 65, tile: 129 }],
  [/^(gpt-|chatgpt-|o\d|codex-)/, { kind: "tiles", base: 85, tile: 170 }],
  [/^gemini-1/, { kind: "flat", tokens: 258, slack: 0 }],
  [/^gemini-2\.0/, { kind: "crops" }],
  [/^gemini-2/, { kind: "overview" }],
  // Gemini 3 and what came after: at most 1,120 where the request names no media resolution; recorded 1,081 to 1,102.
  [/^gemini/, { kind: "flat", tokens: 1120, slack: 40 }],
];

/** Undefined for a model of which nothing is known. */
export function imageRule(model: string): ImageRule | undefined {
  const id = bareId(model);
  return rules.find(([pattern]) => pattern.test(id))?.[1];
}

/** An image of a request, as far as it matters to its tokens. */
export interface Image {
  /** Undefined where the request does not tell (a URL). */
  size: ImageSize | undefined;
  detail: unknown;
}

/** An `image_url` part's image. Throws a 400 that names the field. */
export function readImage(value: unknown, path: string): Image {
  const url = isObject(value) ? value["url"] : value;
  if (typeof url !== "string") throw badRequest(`${path}.url must be a string.`, `${path}.url`);
  return { size: imageSizeOfDataUrl(url), detail: isObject(value) ? value["detail"] : undefined };
}

/** An image whose size is not known counts as one of this size. */
const ASSUMED: ImageSize = { width: 1024, height: 1024 };

interface ImageTokens {
  tokens: number;
  /** Tokens by which it may be off: 0 where the size is known, or does not matter, and the rule is exact. */
  slack: number;
}

export function imageTokens({ size, detail }: Image, rule: ImageRule): ImageTokens {
  if (rule.kind === "flat") return rule;
  if (detail === "low" && rule.kind === "tiles") return { tokens: rule.base, slack: 0 };
  const counted = tokensOfSize(size ?? ASSUMED, rule);
  // Some of the newer models scale to 512 × 512 then, the smaller of them do not.
  const scaled = detail === "low" && rule.kind === "recorded patches";
  return size === undefined || scaled ? { ...counted, slack: Math.max(counted.tokens, counted.slack) } : counted;
}

function tokensOfSize(size: ImageSize, rule: Exclude<ImageRule, { kind: "flat" }>): ImageTokens {
  switch (rule.kind) {
    case "tiles":
      return { tokens: tiled(size, rule.base, rule.tile), slack: 0 };
    case "patches":
      return { tokens: Math.ceil(patches(size, rule.most) * rule.factor), slack: 0 };
    case "recorded patches":
      return recordedPatches(size, rule.most, rule.factor);
    case "crops":
      return { tokens: CROP_TOKENS * (1 + crops(size)), slack: crops(size) === 0 ? 0 : CROP_TOKENS };
    case "overview":
      return { tokens: CROP_TOKENS, slack: CROP_TOKENS * crops(size) };
  }
}

/** Gemini's tokens for an image scaled to 768 × 768: for the whole of it, and for each crop. */
const CROP_TOKENS = 258;

/**
 * Crops that Gemini looks at beside the whole image. Each is a square of two thirds of the image's shorter side, 256 to
 * 768 pixels; an image of at most 384 × 384 has none. Google calls the rule rough.
 *
 * Gemini 2.0's recorded counts (540 × 360, 640 × 480, 3008 × 2000) are those of the crops and the whole. Gemini 2.5's
 * (597 × 566, 640 × 480) are those of the whole alone, though Google has crops for it too.
 */
function crops({ width, height }: ImageSize): number {
  if (Math.max(width, height) <= 384) return 0;
  const side = Math.min(768, Math.max(256, Math.floor(Math.min(width, height) / 1.5)));
  return Math.ceil(width / side) * Math.ceil(height / side);
}

/** Fit into 2048 × 2048, then the shorter side to 768, then tiles of 512 × 512. */
function tiled({ width, height }: ImageSize, base: number, tile: number): number {
  const fit = Math.min(1, 2048 / Math.max(width, height));
  const shrink = Math.min(1, 768 / (Math.min(width, height) * fit));
  const tilesAlong = (side: number) => Math.ceil(Math.round(side * fit * shrink) / 512);
  return base + tile * tilesAlong(width) * tilesAlong(height);
}

/** Patches of 32 × 32; an image of more than `most` is scaled down to whole patches that fit. */
function patches({ width, height }: ImageSize, most: number): number {
  const all = Math.ceil(width / 32) * Math.ceil(height / 32);
  if (all <= most) return all;
  const fit = Math.sqrt((32 * 32 * most) / (width * height));
  const wide = (width * fit) / 32;
  const high = (height * fit) / 32;
  const scale = fit * Math.min(Math.floor(wide) / wide, Math.floor(high) / high);
  return Math.min(most, Math.ceil(Math.round(width * scale) / 32) * Math.ceil(Math.round(height * scale) / 32));
}

/**
 * What OpenAI publishes for GPT-5's patches has changed while what it counts has
 * not: one token more than the patches, as recorded of gpt-5-nano and gpt-5.4.
 * Some models do not scale down what is larger than `most`: that much it may be off.
 */
function recordedPatches(size: ImageSize, most: number, factor: number): ImageTokens {
  const tokens = 1 + Math.ceil(patches(size, most) * factor);
  const unscaled = 1 + Math.ceil(patches(size, Number.POSITIVE_INFINITY) * factor);
  return { tokens, slack: Math.max(2, unscaled - tokens) };
}
