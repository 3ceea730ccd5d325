/** js-tiktoken's rank data. A module is parsed only when its encoding is first asked for. */
export interface RankData {
  bpe_ranks: string;
  special_tokens: Record<string, number>;
}

export type VocabularyName = "o200k_base" | "cl100k_base" | "p50k_base" | "r50k_base";

export async function loadRanks(name: VocabularyName): Promise<RankData> {
  switch (name) {
    case "o200k_base":
      return (await import("js-tiktoken/ranks/o200k_base")).default;
    case "cl100k_base":
      return (await import("js-tiktoken/ranks/cl100k_base")).default;
    case "p50k_base":
      return (await import("js-tiktoken/ranks/p50k_base")).default;
    case "r50k_base":
      return (await import("js-tiktoken/ranks/r50k_base")).default;
  }
}
