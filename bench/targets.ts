import type { Result } from "./figures.ts";

/** What was promised, by the name of a result. A ratio is mesh to bare in the same run. */
interface Target {
  result: string;
  of: "ratio" | "value";
  at: "least" | "most";
  limit: number;
}

const ratio = (at: Target["at"], limit: number, ...results: string[]): Target[] =>
  results.map((result) => ({ result, of: "ratio", at, limit }));
const value = (limit: number, ...results: string[]): Target[] =>
  results.map((result) => ({ result, of: "value", at: "most", limit }));

/** Every target, in one table. */
const TARGETS: Target[] = [
  ...ratio("least", 0.5, "json-small: requests/s"),
  ...ratio("least", 0.6, "json-500kb: requests/s"),
  // The bare side of this scenario is its small JSON answer: no hop and no parse must be cheaper than one hop.
  ...ratio("least", 3, "refused-token: requests/s"),
  ...ratio("most", 1.3, ...paced("openai-usage")),
  ...ratio("most", 3, ...paced("openai"), ...paced("gemini"), ...paced("cf-ai")),
  ...ratio("least", 0.5, ...burst("openai-usage"), ...burst("openai")),
  ...ratio("least", 0.25, ...burst("gemini"), ...burst("cf-ai")),
  ...value(1, "idle-first-byte: first byte over bare p50 ms"),
  ...value(
    5,
    ...["openai-usage", "openai", "gemini", "cf-ai"].map((provider) => `paced-${provider}-200: chunk delay p99 ms`),
  ),
  ...value(30, "start-up gateway: ms over an empty Worker"),
  ...value(10, "soak: RSS MB of the second half over the first"),
];

function paced(provider: string): string[] {
  return [200, 1_000].map((streams) => `paced-${provider}-${streams}: steady CPU ms/1000 chunks`);
}

function burst(provider: string): string[] {
  return [100, 1_000].map((chunks) => `burst-${provider}-${chunks}: requests/s`);
}

/** The result with its target, if it has one. */
export function judged(result: Result): Result {
  const target = TARGETS.find((candidate) => candidate.result === result.name);
  if (target === undefined) return result;
  const actual = result[target.of];
  const sign = target.at === "least" ? ">=" : "<=";
  const met = actual !== null && (target.at === "least" ? actual >= target.limit : actual <= target.limit);
  return { ...result, target: `${target.of} ${sign} ${target.limit}`, met };
}
