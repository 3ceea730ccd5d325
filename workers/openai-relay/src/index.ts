import { WorkerEntrypoint } from "cloudflare:workers";
import type {
  ListedModel,
  ModelsRequest,
  OpenAIRelay,
  PassthroughRequest,
  RelayReply,
  RelayRequest,
  RelayStatus,
} from "@ai-proxy/shared/contract/relay";
import { log } from "@ai-proxy/shared/log";
import { runAttempt } from "@ai-proxy/shared/upstream/attempt";
import { listModels } from "./list-models.ts";
import { passThrough } from "./passthrough.ts";
import { type Endpoint, relay } from "./relay.ts";
import { statusOf } from "./status.ts";
import { Upstreams } from "./upstreams.ts";

/** One for the isolate: its keys rotate and rest across requests. */
let shared: Upstreams | undefined;

export default class extends WorkerEntrypoint<Env> implements OpenAIRelay {
  readonly #waitUntil = (promise: Promise<unknown>) => this.ctx.waitUntil(promise);

  chat(request: RelayRequest): Promise<RelayReply> {
    return this.#relay("/chat/completions", request);
  }

  completions(request: RelayRequest): Promise<RelayReply> {
    return this.#relay("/completions", request);
  }

  embeddings(request: RelayRequest): Promise<RelayReply> {
    return this.#relay("/embeddings", request);
  }

  moderations(request: RelayRequest): Promise<RelayReply> {
    return this.#relay("/moderations", request);
  }

  passthrough(request: PassthroughRequest): Promise<RelayReply> {
    return runAttempt(
      request,
      async (attempt) => passThrough(request, this.#upstreams(), attempt, this.#waitUntil),
      this.env,
    );
  }

  models(request: ModelsRequest): Promise<ListedModel[]> {
    return listModels(request, this.#upstreams());
  }

  async status(): Promise<RelayStatus> {
    return statusOf(this.#upstreams());
  }

  #relay(endpoint: Endpoint, request: RelayRequest): Promise<RelayReply> {
    return runAttempt(
      request,
      async (attempt) => relay(endpoint, request, this.#upstreams(), attempt, this.#waitUntil),
      this.env,
    );
  }

  #upstreams(): Upstreams {
    if (shared === undefined) {
      shared = new Upstreams({ ...this.env });
      for (const problem of shared.problems()) log("not_configured", { problem });
    }
    return shared;
  }
}
