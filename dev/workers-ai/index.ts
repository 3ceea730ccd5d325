import { WorkerEntrypoint } from "cloudflare:workers";
import { isObject, type JsonObject } from "../../shared/json.ts";
import { cloudflare } from "../../shared/registry/cloudflare.ts";
import { answer } from "./answer.ts";
import type { ModelError } from "./errors.ts";

interface DevEnv {
  /** Milliseconds between two pieces of a stream. */
  DELAY_MS?: string;
}

/** Workers AI offline: the methods of the AI binding, answered in Workers AI's own forms. */
export default class DevWorkersAi extends WorkerEntrypoint<DevEnv> {
  /** What the binding gives: with `returnRawResponse` a Response, else an object, a stream, or a thrown Error. */
  async run(
    model: string,
    inputs: unknown,
    options: unknown,
  ): Promise<Response | ReadableStream<Uint8Array> | JsonObject> {
    const raw = isObject(options) && options["returnRawResponse"] === true;
    const result = answer(model, inputs);
    switch (result.kind) {
      case "error":
        if (raw) return errorResponse(result.error);
        throw new Error(`${result.error.code}: ${result.error.description}`);
      case "json":
        return raw ? Response.json(result.body, { headers: requestId() }) : result.body;
      case "events": {
        const body = paced(result.events, Number(this.env.DELAY_MS ?? 30));
        if (!raw) return body;
        return new Response(body, { headers: { "content-type": "text/event-stream", ...requestId() } });
      }
      default:
        return result satisfies never;
    }
  }

  async models(): Promise<JsonObject[]> {
    return cloudflare.models.map((model) => ({
      name: model.id,
      task: { name: model.type === "embedding" ? "Text Embeddings" : "Text Generation" },
      properties: [{ property_id: "context_window", value: String(model.contextWindow ?? "") }],
    }));
  }

  override fetch(): Response {
    return new Response("This Worker is called through its run method.\n", { status: 404 });
  }
}

function errorResponse({ code, description, status }: ModelError): Response {
  const error = { code, message: `AiError: ${description}` };
  const body = {
    internalCode: code,
    name: "AiError",
    description,
    message: error.message,
    errors: [error],
    success: false,
  };
  return Response.json({ ...body, result: {}, messages: [] }, { status, headers: requestId() });
}

function requestId(): Record<string, string> {
  return { "cf-ai-req-id": crypto.randomUUID() };
}

/** One event at a time, each only when it is wanted: a reader that leaves ends it. */
function paced(events: readonly string[], delayMs: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const upcoming = events.values();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = upcoming.next();
        if (done === true) return controller.close();
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
        controller.enqueue(encoder.encode(`data: ${value}\n\n`));
      },
    },
    { highWaterMark: 0 },
  );
}
