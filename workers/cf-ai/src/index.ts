import { WorkerEntrypoint } from "cloudflare:workers";
import type { Relay, RelayReply, RelayRequest, RelayStatus } from "@ai-proxy/shared/contract/relay";
import { jsonReply, replying } from "@ai-proxy/shared/reply";
import { Call } from "./call.ts";
import { chat } from "./chat.ts";
import { completions } from "./completions.ts";
import { embeddingInputs, embeddingList } from "./embeddings.ts";
import { type AiBinding, answerBody } from "./run.ts";

/** Workers AI behind OpenAI's format. README.md has the tables of fields and errors. */
export default class CfAi extends WorkerEntrypoint<Env> implements Relay {
  chat(request: RelayRequest): Promise<RelayReply> {
    return replying(async () => chat(this.#call(request)));
  }

  completions(request: RelayRequest): Promise<RelayReply> {
    return replying(async () => completions(this.#call(request)));
  }

  embeddings(request: RelayRequest): Promise<RelayReply> {
    return replying(async () => {
      const call = this.#call(request);
      const batches = embeddingInputs(call.body, request.model);
      const answers = await Promise.all(batches.map((batch) => call.run({ ...batch })));
      const encodingFormat = call.body["encoding_format"];
      const list = embeddingList(answers.map(answerBody), { batches, model: request.requestedModel, encodingFormat });
      const gatewayLogId = answers[0]?.gatewayLogId;
      return jsonReply(list.body, list.usage, {
        usageEstimated: list.usageEstimated,
        ...(gatewayLogId !== undefined && { gatewayLogId }),
      });
    });
  }

  async status(): Promise<RelayStatus> {
    return { upstreams: [], configured: this.env.AI !== undefined };
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
