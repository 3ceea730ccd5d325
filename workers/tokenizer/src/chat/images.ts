import { badRequest } from "@ai-proxy/shared/errors";
import { isObject } from "@ai-proxy/shared/json";
import { type ImageSize, imageSizeOfDataUrl } from "./image-size.ts";

/**
 * OpenAI's published formulas, and Gemini's.
 * Sources: platform.openai.com/docs/guides/images-vision (calculating costs),
 * ai.google.dev/gemini-api/docs/tokens.
 */
export type ImageRule =
  | { kind: "tiles"; base: number; tile: number }
  | { kind: "patches"; most: number; factor: number }
  | { kind: "flat"; tokens: number };

const rules: [id: RegExp, rule: ImageRule][] = [
  [/^gpt-4o-mini/, { kind: "tiles", base: 2833, tile: 5667 }],
  [/^(gpt-4\.1-mini|gpt-5(\.\d)?-mini)/, { kind: "patches", most: 1536, factor: 1.62 }],
  [/^(gpt-4\.1-nano|gpt-5(\.\d)?-nano)/, { kind: "patches", most: 1536, factor: 2.46 }],
  [/^o4-mini/, { kind: "patches", most: 1536, factor: 1.72 }],
  [/^(o1|o3)/, { kind: "tiles", base: 75, tile: 150 }],
  [/^gpt-[5-9]/, { kind: "tiles", base: 70, tile: 140 }],
  [/^computer-use/, { kind: "tiles", base: 65, tile: 129 }],
  [/^(gemini|gemma)/, { kind: "flat", tokens: 258 }],
];

const gpt4o: ImageRule = { kind: "tiles", base: 85, tile: 170 };

/** By the model's id without vendor prefix. */
export function imageRule(model: string): ImageRule {
  const id = model.replace(/^ft:/, "").split("/").at(-1) ?? model;
  return rules.find(([pattern]) => pattern.test(id))?.[1] ?? gpt4o;
}

/** An image whose size the request does not tell (a URL) counts as one of this size. */
const ASSUMED: ImageSize = { width: 1024, height: 1024 };

/**
 * Tokens of an `image_url` part. `slack` is 0 where the image's size is known
 * (a data: URL of a PNG, JPEG, GIF or WebP) or does not matter.
 */
export function imageTokens(value: unknown, rule: ImageRule, path: string): { tokens: number; slack: number } {
  const url = isObject(value) ? value["url"] : value;
  if (typeof url !== "string") throw badRequest(`${path}.url must be a string.`, `${path}.url`);
  const detail = isObject(value) ? value["detail"] : undefined;
  if (rule.kind === "flat") return { tokens: rule.tokens, slack: 0 };
  if (detail === "low" && rule.kind === "tiles") return { tokens: rule.base, slack: 0 };
  const size = imageSizeOfDataUrl(url);
  const tokens = tokensOfSize(size ?? ASSUMED, rule);
  return { tokens, slack: size === undefined ? tokens : 0 };
}

function tokensOfSize(size: ImageSize, rule: Exclude<ImageRule, { kind: "flat" }>): number {
  return rule.kind === "tiles" ? tiled(size, rule.base, rule.tile) : patched(size, rule.most, rule.factor);
}

/** Fit into 2048 × 2048, then the shorter side to 768, then tiles of 512 × 512. */
function tiled({ width, height }: ImageSize, base: number, tile: number): number {
  const fit = Math.min(1, 2048 / Math.max(width, height));
  const shrink = Math.min(1, 768 / (Math.min(width, height) * fit));
  const tilesAlong = (side: number) => Math.ceil(Math.round(side * fit * shrink) / 512);
  return base + tile * tilesAlong(width) * tilesAlong(height);
}

/** Patches of 32 × 32; an image of more than `most` is scaled down to whole patches that fit. */
function patched({ width, height }: ImageSize, most: number, factor: number): number {
  let patches = Math.ceil(width / 32) * Math.ceil(height / 32);
  if (patches > most) {
    const fit = Math.sqrt((32 * 32 * most) / (width * height));
    const wide = (width * fit) / 32;
    const high = (height * fit) / 32;
    const scale = fit * Math.min(Math.floor(wide) / wide, Math.floor(high) / high);
    patches = Math.ceil(Math.round(width * scale) / 32) * Math.ceil(Math.round(height * scale) / 32);
  }
  return Math.floor(Math.min(patches, most) * factor);
}
