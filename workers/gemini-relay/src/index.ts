import { WorkerEntrypoint } from "cloudflare:workers";
import type { Relay, RelayReply, RelayRequest, TokenCounter, TokenCountReply } from "@ai-proxy/shared/contract/relay";
import { runAttempt } from "@ai-proxy/shared/upstream/attempt";
import type { FailedReply } from "@ai-proxy/shared/upstream/reply";
import { chat } from "./chat.ts";
import { completions } from "./completions.ts";
import { countTokens } from "./count-tokens.ts";
import { embed } from "./embed.ts";
import { GeminiApi, GeminiSettings } from "./upstream.ts";

/** One for the isolate: its keys rotate and rest across requests. */
let shared: GeminiSettings | undefined;

/** Gemini behind the relay contract. */
export default class extends WorkerEntrypoint<Env> implements Relay, TokenCounter {
  readonly #waitUntil = (promise: Promise<unknown>) => this.ctx.waitUntil(promise);

  chat(request: RelayRequest): Promise<RelayReply> {
    return this.#attempt(request, (api) => chat(request, api, this.#waitUntil));
  }

  completions(request: RelayRequest): Promise<RelayReply> {
    return this.#attempt(request, (api) => completions(request, api, this.#waitUntil));
  }

  embeddings(request: RelayRequest): Promise<RelayReply> {
    return this.#attempt(request, (api) => embed(request, api));
  }

  countTokens(request: RelayRequest): Promise<TokenCountReply> {
    return this.#attempt(request, (api) => countTokens(request, api));
  }

  #attempt<Reply extends RelayReply | TokenCountReply>(
    request: RelayRequest,
    run: (api: GeminiApi) => Promise<Reply>,
  ): Promise<Reply | FailedReply> {
    return runAttempt(request, (attempt) => run(new GeminiApi(this.#settings(), attempt)), this.env);
  }

  #settings(): GeminiSettings {
    shared ??= new GeminiSettings(this.env);
    return shared;
  }
}
