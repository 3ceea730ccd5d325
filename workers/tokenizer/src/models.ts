import type { ChatFormatName } from "./chat/formats.ts";
import type { EncodingName } from "./encoding/encodings.ts";
import type { EstimateName } from "./estimate/profiles.ts";

/** How a model's tokens are counted. */
export type TokenModel = {
  /** The rules by which its chats become one text. */
  chat: ChatFormatName;
} & (
  | {
      method: "exact";
      encoding: EncodingName;
    }
  | {
      method: "estimate";
      profile: EstimateName;
    }
);

const exact = (encoding: EncodingName, chat: ChatFormatName): TokenModel => ({ method: "exact", encoding, chat });
const estimate = (profile: EstimateName, chat: ChatFormatName): TokenModel => ({ method: "estimate", profile, chat });

/**
 * By the model's bare id, the first that fits. Encodings as in
 * openai/tiktoken's tiktoken/model.py. A future model of a known family counts
 * as its family does; one of no known family is estimated.
 */
const rules: [id: RegExp, model: TokenModel][] = [
  [/^gpt-oss/, exact("o200k_harmony", "gpt-oss")],
  [/^gpt-.*-search/, exact("o200k_base", "openai-search")],
  [
    /^gpt-3\.5-turbo-instruct|^davinci-002|^babbage-002|^text-embedding-|^(gpt-35|gpt-3\.5)/,
    exact("cl100k_base", "openai"),
  ],
  [/^(gpt-4o|gpt-4\.1|gpt-4\.5|chatgpt-4o|gpt-audio|gpt-realtime)/, exact("o200k_base", "openai")],
  [/^(gpt-[5-9]|gpt-\d\d|o\d|codex-)/, exact("o200k_base", "openai-reasoning")],
  [/^gpt-4/, exact("cl100k_base", "openai")],
  [
    /^(text-davinci-00[23]|code-(davinci|cushman)-|(davinci|cushman)-codex|text-davinci-edit|code-davinci-edit)/,
    exact("p50k_base", "openai"),
  ],
  [/^(text-|code-search-)?(ada|babbage|curie|davinci)|^gpt2|^text-(search|similarity)-/, exact("r50k_base", "openai")],
  [/^(gemini|gemma|learnlm)/, estimate("gemini", "gemini")],
  [/^(meta-)?llama-?4/, estimate("llama-4", "llama-4")],
  [/^(meta-)?llama-?3(?![.-]\d(?![\db]))/, estimate("llama-3", "llama-3.0")],
  [/^(meta-)?llama(?!-?2)/, estimate("llama-3", "llama-3")],
];

const unknown: TokenModel = estimate("other", "chatml");

/** "@cf/openai/gpt-oss-120b", "ft:gpt-4o-mini:me::1", "gpt-4o" → how to count for it. */
export function tokenModel(model: string): TokenModel {
  const id = bareId(model);
  return rules.find(([pattern]) => pattern.test(id))?.[1] ?? unknown;
}

/** A model's id without its vendor and without "ft:", in lower case. */
export function bareId(model: string): string {
  return (model.replace(/^ft:/, "").split("/").at(-1) ?? model).toLowerCase();
}
