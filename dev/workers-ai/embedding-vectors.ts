import type { JsonObject } from "../../shared/json.ts";

/** Dimensions of the models' vectors. Source: their model pages, 2025-12, and model cards. */
const DIMENSIONS: Readonly<Record<string, number>> = {
  "@cf/baai/bge-small-en-v1.5": 384,
  "@cf/baai/bge-base-en-v1.5": 768,
  "@cf/baai/bge-large-en-v1.5": 1_024,
  "@cf/baai/bge-m3": 1_024,
  "@cf/qwen/qwen3-embedding-0.6b": 1_024,
  "@cf/google/embeddinggemma-300m": 768,
  "@cf/pfnet/plamo-embedding-1b": 2_048,
};

/** `{data, shape}` for a text or a list of them: unit vectors, always the same for the same text. */
export function embeddingVectors(model: string, text: unknown): JsonObject {
  const texts: unknown[] = Array.isArray(text) ? text : [text];
  const size = DIMENSIONS[model] ?? 1_024;
  const data = texts.map((one) => unitVector(String(one), size));
  return { shape: [data.length, size], data, pooling: "mean" };
}

function unitVector(text: string, size: number): number[] {
  const random = generator(seedOf(text));
  const values = Array.from({ length: size }, () => 2 * random() - 1);
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

/** FNV-1a. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** mulberry32: numbers from 0 to 1 that look random and follow from the seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
