import { WorkerEntrypoint } from "cloudflare:workers";
import type { Relay, RelayReply, RelayRequest } from "@ai-proxy/shared/contract/relay";
import { runAttempt } from "@ai-proxy/shared/upstream/attempt";
import { chat } from "./chat.ts";
import { completions } from "./completions.ts";
import { embeddings } from "./embeddings.ts";
import { ModelAttempt } from "./model-attempt.ts";
import type { AiBinding } from "./run.ts";

/** Workers AI behind OpenAI's format. README.md has the tables of fields and errors. */
export default class CfAi extends WorkerEntrypoint<Env> implements Relay {
  chat(request: RelayRequest): Promise<RelayReply> {
    return this.#attempt(request, chat);
  }

  completions(request: RelayRequest): Promise<RelayReply> {
    return this.#attempt(request, completions);
  }

  embeddings(request: RelayRequest): Promise<RelayReply> {
    return this.#attempt(request, embeddings);
  }

  #attempt(request: RelayRequest, run: (attempt: ModelAttempt) => Promise<RelayReply>): Promise<RelayReply> {
    const world = {
      // Locally a service binding, whose methods are those of the Worker behind it and not in its type.
      ai: this.env.AI as AiBinding,
      settings: { gatewayId: this.env.AI_GATEWAY_ID, cacheTtl: this.env.AI_GATEWAY_CACHE_TTL },
      waitUntil: (promise: Promise<unknown>) => this.ctx.waitUntil(promise),
    };
    return runAttempt(request, async (attempt) => run(new ModelAttempt(request, attempt, world)), this.env);
  }
}
