import { WorkerEntrypoint } from "cloudflare:workers";

/**
 * A relay as the first version of the contract had it: the methods and fields
 * that were there from the beginning, and none that came later. Never change it.
 */
export default class OldestRelay extends WorkerEntrypoint {
  async chat(request: { stream: boolean; model: string }) {
    if (!request.stream) {
      const message = { role: "assistant", content: "Hello from an old relay" };
      const body = JSON.stringify({
        object: "chat.completion",
        choices: [{ index: 0, message, finish_reason: "stop" }],
      });
      return { status: 200, headers: { "content-type": "application/json" }, body, usage: null };
    }
    const text = 'data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\ndata: [DONE]\n\n';
    return {
      response: new Response(text, { headers: { "content-type": "text/event-stream" } }),
      usage: async () => ({ end: "complete", usage: null, usageEstimated: false }),
      cancel: () => {},
    };
  }
}
