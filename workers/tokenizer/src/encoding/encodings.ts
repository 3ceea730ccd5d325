import { Merger } from "./merge.ts";
import { loadRanks, type VocabularyName } from "./ranks.ts";
import { type Splitter, SplitterCl100k, SplitterO200k, SplitterP50k } from "./split.ts";
import { Vocabulary } from "./vocabulary.ts";

/** The encodings that exact counts are made with. */
export type EncodingName = VocabularyName | "o200k_harmony";

export interface Encoding {
  name: EncodingName;
  vocabulary: Vocabulary;
  merger: Merger;
  /** A second one, for a look at two tokens while `merger` still holds its result. */
  pairMerger: Merger;
  newSplitter(): Splitter;
  /** Tokens that mean something to the model; in text they are text unless asked for. */
  specialTokens: ReadonlyMap<string, number>;
}

/** Of each vocabulary, the one that this isolate has made; shared by the encodings on it. */
const vocabularies = new Map<VocabularyName, Promise<Loaded>>();
const encodings = new Map<EncodingName, Promise<Encoding>>();

interface Loaded {
  vocabulary: Vocabulary;
  specialTokens: Record<string, number>;
}

/** The encoding, made on first use and kept. */
export function loadEncoding(name: EncodingName): Promise<Encoding> {
  return remembered(encodings, name, async () => {
    const { vocabulary, specialTokens } = await loadVocabulary(name === "o200k_harmony" ? "o200k_base" : name);
    return {
      name,
      vocabulary,
      merger: new Merger(vocabulary),
      pairMerger: new Merger(vocabulary),
      newSplitter: () => newSplitter(name),
      specialTokens: new Map(Object.entries(name === "o200k_harmony" ? HARMONY_TOKENS : specialTokens)),
    };
  });
}

function loadVocabulary(name: VocabularyName): Promise<Loaded> {
  return remembered(vocabularies, name, async () => {
    const ranks = await loadRanks(name);
    return { vocabulary: new Vocabulary(ranks.bpe_ranks), specialTokens: ranks.special_tokens };
  });
}

/** One promise a key, so that requests that come at once share the work; a failure is not kept. */
function remembered<Key, Value>(cache: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  let value = cache.get(key);
  if (value === undefined) {
    value = make();
    value.catch(() => cache.delete(key));
    cache.set(key, value);
  }
  return value;
}

function newSplitter(name: EncodingName): Splitter {
  switch (name) {
    case "o200k_base":
    case "o200k_harmony":
      return new SplitterO200k();
    case "cl100k_base":
      return new SplitterCl100k();
    case "p50k_base":
    case "r50k_base":
      return new SplitterP50k();
  }
}

/**
 * The special tokens of gpt-oss's format; of 200013 to 201087 all that have no name here are reserved.
 * Source: openai/tiktoken tiktoken_ext/openai_public.py, o200k_harmony.
 */
const HARMONY_TOKENS: Record<string, number> = {
  "<|startoftext|>": 199998,
  "<|endoftext|>": 199999,
  "<|reserved_200000|>": 200000,
  "<|reserved_200001|>": 200001,
  "<|return|>": 200002,
  "<|constrain|>": 200003,
  "<|reserved_200004|>": 200004,
  "<|channel|>": 200005,
  "<|start|>": 200006,
  "<|end|>": 200007,
  "<|message|>": 200008,
  "<|reserved_200009|>": 200009,
  "<|reserved_200010|>": 200010,
  "<|reserved_200011|>": 200011,
  "<|call|>": 200012,
  ...Object.fromEntries(Array.from({ length: 1075 }, (_, at) => [`<|reserved_${at + 200013}|>`, at + 200013])),
  "<|endofprompt|>": 200018,
};
