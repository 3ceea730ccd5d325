import { WorkerEntrypoint } from "cloudflare:workers";
import type { TokenizeReply, TokenizeRequest, Tokenizer } from "@ai-proxy/shared/contract/tokenizer";
import { detokenize } from "./detokenize.ts";
import { answering } from "./reply.ts";
import { tokenize } from "./tokenize.ts";

/** Counts tokens. No bindings, no state but the encodings that were asked for. */
export default class TokenizerWorker extends WorkerEntrypoint<Env> implements Tokenizer {
  tokenize(request: TokenizeRequest): Promise<TokenizeReply> {
    return answering(() => tokenize(request));
  }

  detokenize(request: TokenizeRequest): Promise<TokenizeReply> {
    return answering(() => detokenize(request));
  }
}
