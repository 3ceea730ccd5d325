/** RPC of the tokenizer Worker. */
export interface Tokenizer {
  /**
   * POST /v1/tokenize. `body` is the request's JSON text (UTF-8 bytes when large); the answer's body is
   * OpenAI-shaped JSON (likewise), an error object when status is not 200.
   */
  tokenize(request: TokenizeRequest): Promise<TokenizeReply>;
  /** POST /v1/detokenize: token ids back to text; the same forms as `tokenize`. */
  detokenize(request: TokenizeRequest): Promise<TokenizeReply>;
}

export interface TokenizeRequest {
  body: string | Uint8Array;
  /** Provider and model that the gateway's route choice gave. */
  provider: string;
  model: string;
  requestedModel: string;
  requestId: string;
  /**
   * The provider's own count of this request, where the client asked for one
   * (`exact: true`) and its relay could get it: the answer then carries it as exact.
   */
  providerCount?: number;
}

export interface TokenizeReply {
  status: number;
  body: string | Uint8Array;
  /** `code` of the error object in `body`; absent when there is none. */
  errorCode?: string | null;
}
