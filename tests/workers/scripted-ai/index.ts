import { WorkerEntrypoint } from "cloudflare:workers";

/** Stands in for the Workers AI binding: asks the scripted upstream what the model answers. */
export default class ScriptedAi extends WorkerEntrypoint<{ UPSTREAM: string }> {
  async run(model: string, inputs: unknown, options: { returnRawResponse?: boolean } = {}) {
    const response = await fetch(`${this.env.UPSTREAM}/ai/run`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, inputs, options }),
    });
    if (options.returnRawResponse) return response;
    if (!response.ok) {
      const { errors } = await response.json<{ errors: { code: number; message: string }[] }>();
      throw new Error(`${errors[0]?.code}: ${errors[0]?.message}`);
    }
    return response.headers.get("content-type") === "application/json" ? response.json() : response.body;
  }
}
