import type { Pool } from "../settings/routing-policy.ts";

/**
 * The models of a pool in the order in which a request tries them: by weight
 * and chance, or by weight and session where the pool is sticky. Weighted
 * rendezvous hashing: a target that comes or goes moves only its own sessions.
 * @param random from 0 to 1
 */
export function poolOrder({ sticky, targets }: Pool, sessionId: string, random: () => number): string[] {
  return targets
    .map(({ model, weight }) => ({
      model,
      score: -Math.log(sticky ? fraction(`${sessionId} ${model}`) : 1 - random()) / weight,
    }))
    .toSorted((a, b) => a.score - b.score)
    .map(({ model }) => model);
}

/** A text → a number in (0, 1], always the same, evenly spread (FNV-1a with a final mix). */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  hash ^= hash >>> 15;
  return ((hash >>> 0) + 1) / 2 ** 32;
}
