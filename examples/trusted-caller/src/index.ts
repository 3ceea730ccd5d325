import OpenAI from "openai";

/** The part of the gateway's TrustedGateway that this Worker uses. Each method answers as the HTTP route does. */
interface AiProxy {
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  chat(body: object, options?: { sessionId?: string; requestId?: string }): Promise<Response>;
}

interface Env {
  AI_PROXY: AiProxy;
}

/** POST a text: `/` gives its summary as JSON, by the OpenAI SDK; `/stream` as server-sent events, by RPC. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (request.method !== "POST") return new Response("POST a text.\n", { status: 405, headers: { allow: "POST" } });
    const messages = [
      { role: "system" as const, content: "Summarize the user's text in one sentence." },
      { role: "user" as const, content: await request.text() },
    ];
    // The binding is the credential: no token. Without `model` the gateway's default answers.
    if (new URL(request.url).pathname === "/stream") return env.AI_PROXY.chat({ messages, stream: true });
    const completion = await openai(env).chat.completions.create({ model: "llama4", messages });
    return Response.json({ summary: completion.choices[0]?.message.content, usage: completion.usage });
  },
};

function openai(env: Env): OpenAI {
  return new OpenAI({
    baseURL: "https://gateway/v1",
    apiKey: "none",
    fetch: (input, init) => env.AI_PROXY.fetch(input, init),
  });
}
