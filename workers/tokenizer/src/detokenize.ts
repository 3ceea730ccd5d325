import type { TokenizeRequest } from "@ai-proxy/shared/contract/tokenizer";
import { badRequest } from "@ai-proxy/shared/errors";
import { decodeTokens, tokenBytes } from "./encoding/decode.ts";
import { type Encoding, type EncodingName, loadEncoding } from "./encoding/encodings.ts";
import { tokenModel } from "./models.ts";
import { readDetokenizeRequest, requestText } from "./request.ts";
import { checkTextSize } from "./text-size.ts";

/** The answer of /v1/detokenize: `text` for a list of ids, `texts` for a list of lists. */
export interface Detokenization {
  object: "detokenization";
  model: string;
  encoding: EncodingName;
  count: number;
  text?: string;
  texts?: string[];
}

/** POST /v1/detokenize: from the body's text to the answer. */
export async function detokenize(request: Omit<TokenizeRequest, "requestId">): Promise<Detokenization> {
  const { lists, list } = readDetokenizeRequest(requestText(request.body));
  const model = tokenModel(request.model);
  if (model.method === "estimate") {
    throw badRequest(`${request.requestedModel}'s encoding is not public.`, "model", "encoding_unavailable");
  }
  const encoding = await loadEncoding(model.encoding);
  for (const [at, tokens] of lists.entries()) checkTokens(tokens, encoding, list ? `tokens[${at}]` : "tokens");
  checkTextSize(lists, encoding, "tokens");
  const texts = lists.map((tokens) => decodeTokens(tokens, encoding));
  return {
    object: "detokenization",
    model: request.requestedModel,
    encoding: encoding.name,
    count: lists.reduce((sum, tokens) => sum + tokens.length, 0),
    ...(list ? { texts } : { text: texts[0] ?? "" }),
  };
}

/** Throws a 400 that names the first id that the encoding does not have. */
export function checkTokens(tokens: readonly number[], encoding: Encoding, param: string): void {
  const at = tokens.findIndex((token) => tokenBytes(token, encoding) === undefined);
  if (at !== -1) throw badRequest(`${encoding.name} has no token ${tokens[at]}.`, `${param}[${at}]`);
}
