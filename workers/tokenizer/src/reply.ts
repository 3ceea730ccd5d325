import type { TokenizeReply, TokenizeRequest } from "@ai-proxy/shared/contract/tokenizer";
import { bodyForRpc, LARGEST_ANSWER_BYTES } from "@ai-proxy/shared/contract/transfer";
import { toApiError } from "@ai-proxy/shared/errors";
import { errorText } from "@ai-proxy/shared/formats/error-body";
import { findModel } from "@ai-proxy/shared/registry";
import type { EncodingName } from "./encoding/encodings.ts";
import { tooLarge } from "./request.ts";

/** The answer of /v1/tokenize. */
export interface Tokenization {
  object: "tokenization";
  model: string;
  /** Null where the model's own encoding is not public. */
  encoding: EncodingName | null;
  method: "exact" | "estimate";
  /** Tokens in all. */
  count: number;
  /** Tokens by which `count` may be off; absent when exact, and where parts are not in it. */
  error_bound?: number;
  /** Of a list of texts, in order. */
  counts?: number[];
  /** Null where the provider does not say. */
  context_window: number | null;
  /** Of the context window, never below 0. */
  remaining: number | null;
  /** US dollars for the tokens as a prompt; absent where the price is not known. */
  estimated_cost?: number;
  tokens?: number[] | number[][];
  strings?: string[] | string[][];
  /** Of each message its tokens; with `frame` and `tools` they add up to `count`. */
  messages?: { index: number; count: number }[];
  /** Tokens that belong to no message: what opens the prompt and the answer. */
  frame?: number;
  tools?: number;
  /** Paths of parts that are not in `count`. */
  uncounted?: string[];
}

export interface Counted {
  method: "exact" | "estimate";
  encoding: EncodingName | null;
  count: number;
  errorBound?: number;
  counts?: number[];
  tokens?: number[] | number[][] | undefined;
  strings?: string[] | string[][] | undefined;
  messages?: number[];
  frame?: number;
  tools?: number;
  uncounted?: string[];
}

export function tokenization(
  request: Pick<TokenizeRequest, "provider" | "model" | "requestedModel">,
  counted: Counted,
): Tokenization {
  const entry = findModel(request.provider, request.model);
  const window = entry?.contextWindow ?? null;
  const {
    method,
    encoding,
    count,
    errorBound = 0,
    counts,
    tokens,
    strings,
    messages,
    frame,
    tools,
    uncounted,
  } = counted;
  return {
    object: "tokenization",
    model: request.requestedModel,
    encoding,
    method,
    count,
    ...(method === "estimate" && uncounted === undefined && { error_bound: errorBound }),
    ...(counts && { counts }),
    context_window: window,
    remaining: window === null ? null : Math.max(0, window - count),
    ...(entry?.price && { estimated_cost: (count * entry.price.input) / 1_000_000 }),
    ...(tokens && { tokens }),
    ...(strings && { strings }),
    ...(messages && { messages: messages.map((tokensOfOne, index) => ({ index, count: tokensOfOne })) }),
    ...(frame !== undefined && { frame }),
    ...(tools !== undefined && { tools }),
    ...(uncounted && { uncounted }),
  };
}

function answerBody(text: string): string | Uint8Array {
  const body = bodyForRpc(text);
  if (body.length > LARGEST_ANSWER_BYTES) {
    throw tooLarge(`The answer would be larger than ${LARGEST_ANSWER_BYTES} bytes; ask for less at a time.`, null);
  }
  return body;
}

/** Runs a method of the RPC: what it throws becomes an answer with OpenAI's error object. */
export async function answering(work: () => Promise<unknown>): Promise<TokenizeReply> {
  try {
    return { status: 200, body: answerBody(JSON.stringify(await work())) };
  } catch (thrown) {
    const error = toApiError(thrown);
    return { status: error.status, body: errorText(error), errorCode: error.code };
  }
}
