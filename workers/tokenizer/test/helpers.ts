import { encodeText } from "../src/encoding/encode.ts";
import type { Encoding, EncodingName } from "../src/encoding/encodings.ts";
import { TokenList } from "../src/encoding/sinks.ts";
import { tokenize } from "../src/tokenize.ts";

const unlimited = () => {
  throw new Error("more tokens than a test makes");
};

/** All tokens of a text. */
export function tokensOf(text: string, encoding: Encoding): number[] {
  const list = new TokenList(Number.POSITIVE_INFINITY, unlimited);
  for (const _ of encodeText(text, encoding, list));
  return list.tokens;
}

/** What /v1/tokenize counts for a text. */
export async function countOf(text: string, model = "gpt-4o"): Promise<number> {
  const body = JSON.stringify({ text });
  return (await tokenize({ body, provider: "openai", model, requestedModel: model })).count;
}

export const encodingNames = ["o200k_base", "cl100k_base", "p50k_base", "r50k_base"] as const satisfies EncodingName[];
