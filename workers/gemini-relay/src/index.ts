import { WorkerEntrypoint } from "cloudflare:workers";
import type { Relay, RelayReply, RelayRequest, TokenCounter, TokenCountReply } from "@ai-proxy/shared/contract/relay";
import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { failureReply } from "@ai-proxy/shared/upstream/reply";
import { chat } from "./chat.ts";
import { completions } from "./completions.ts";
import { countTokens } from "./count-tokens.ts";
import { embed } from "./embed.ts";
import { GeminiApi } from "./upstream.ts";

/** One for the isolate: its keys rotate and rest across requests. */
let shared: GeminiApi | undefined;

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

  async countTokens(request: RelayRequest): Promise<TokenCountReply> {
    const api = this.#api();
    try {
      return await countTokens(request, api);
    } catch (thrown) {
      const { status, body, failure } = failureReply(thrown, { keysLeft: api.keysLeft(request, thrown) });
      return { status, body: bodyText(body), ...(failure !== undefined && { failure }) };
    }
  }

  /** What an attempt throws becomes a failed attempt, with what routing needs to try another key. */
  async #attempt(request: RelayRequest, run: (api: GeminiApi) => Promise<RelayReply>): Promise<RelayReply> {
    const api = this.#api();
    try {
      return await run(api);
    } catch (thrown) {
      return failureReply(thrown, { keysLeft: api.keysLeft(request, thrown) });
    }
  }

  #api(): GeminiApi {
    shared ??= new GeminiApi(this.env);
    return shared;
  }
}
