/** A tokenizer, imported and made ready for o200k_base: text → number of tokens. */
export type Count = (text: string) => number;

/** The tokenizers compared, each as its documentation says, with special tokens as text. */
export const libraries: Record<string, () => Promise<Count>> = {
  ours: async () => {
    const { loadEncoding } = await import("../../workers/tokenizer/src/encoding/encodings.ts");
    const { encodeText } = await import("../../workers/tokenizer/src/encoding/encode.ts");
    const { TokenCounter } = await import("../../workers/tokenizer/src/encoding/sinks.ts");
    const encoding = await loadEncoding("o200k_base");
    return (text) => {
      const counter = new TokenCounter();
      for (const _ of encodeText(text, encoding, counter));
      return counter.count;
    };
  },
  "gpt-tokenizer": async () => {
    const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
    return (text) => countTokens(text, { disallowedSpecial: new Set() });
  },
  "tiktoken wasm": async () => {
    const { Tiktoken } = await import("tiktoken/lite");
    const { default: ranks } = await import("tiktoken/encoders/o200k_base");
    const encoder = new Tiktoken(ranks.bpe_ranks, ranks.special_tokens, ranks.pat_str);
    return (text) => encoder.encode(text, [], []).length;
  },
  "js-tiktoken": async () => {
    const { Tiktoken } = await import("js-tiktoken/lite");
    const { default: ranks } = await import("js-tiktoken/ranks/o200k_base");
    const encoder = new Tiktoken(ranks);
    return (text) => encoder.encode(text, [], []).length;
  },
};
