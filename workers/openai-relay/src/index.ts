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
import { replying } from "@ai-proxy/shared/upstream/reply";
import { Caller } from "./call.ts";
import { listModels } from "./models.ts";
import { passThrough } from "./passthrough.ts";
import { type Endpoint, relay } from "./relay.ts";
import { statusOf } from "./status.ts";

/** One for the isolate: its keys rotate and rest across requests. */
let shared: Caller | undefined;

export default class extends WorkerEntrypoint<Env> implements OpenAIRelay {
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
    return replying(() => passThrough(request, this.#caller(), (promise) => this.ctx.waitUntil(promise)));
  }

  models(request: ModelsRequest): Promise<ListedModel[]> {
    return listModels(request, this.#caller());
  }

  async status(): Promise<RelayStatus> {
    return statusOf(this.#caller());
  }

  #relay(endpoint: Endpoint, request: RelayRequest): Promise<RelayReply> {
    return replying(() => relay(endpoint, request, this.#caller(), (promise) => this.ctx.waitUntil(promise)));
  }

  #caller(): Caller {
    shared ??= new Caller({ ...this.env });
    return shared;
  }
}
