import { WorkerEntrypoint } from "cloudflare:workers";
import type { Relay, RelayReply, RelayRequest } from "@ai-proxy/shared/contract/relay";
import { replying } from "@ai-proxy/shared/upstream/reply";
import { Call } from "./call.ts";
import { chat } from "./chat.ts";
import { completions } from "./completions.ts";
import { embeddings } from "./embeddings.ts";
import type { AiBinding } from "./run.ts";

/** Workers AI behind OpenAI's format. README.md has the tables of fields and errors. */
export default class CfAi extends WorkerEntrypoint<Env> implements Relay {
  chat(request: RelayRequest): Promise<RelayReply> {
    return replying(async () => chat(this.#call(request)));
  }

  completions(request: RelayRequest): Promise<RelayReply> {
    return replying(async () => completions(this.#call(request)));
  }

  embeddings(request: RelayRequest): Promise<RelayReply> {
    return replying(async () => embeddings(this.#call(request)));
  }

  #call(request: RelayRequest): Call {
    return new Call(request, {
      // Locally a service binding, whose methods are those of the Worker behind it and not in its type.
      ai: this.env.AI as AiBinding,
      settings: { gatewayId: this.env.AI_GATEWAY_ID, cacheTtl: this.env.AI_GATEWAY_CACHE_TTL },
      waitUntil: (promise) => this.ctx.waitUntil(promise),
    });
  }
}
