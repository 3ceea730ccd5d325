import OpenAI from "openai";

interface Gateway {
  fetch: typeof fetch;
  chat(body: object, options?: { sessionId?: string; requestId?: string } | null): Promise<Response>;
  completions(body: object): Promise<Response>;
  tokenize(body: object): Promise<Response>;
  models(): Promise<Response>;
  routeCheck(body: object): Promise<Response>;
}

/** A Worker of the same account: an OpenAI SDK inside it talks to the gateway over its binding. */
export default {
  async fetch(request: Request, env: { AI_PROXY: Gateway }): Promise<Response> {
    const { pathname } = new URL(request.url);
    const body = (await request.json()) as { model: string; messages: [] };
    if (pathname === "/sdk") {
      const client = new OpenAI({
        baseURL: "https://gateway/v1",
        apiKey: "none",
        fetch: (input, init) => env.AI_PROXY.fetch(input, init),
      });
      return Response.json(await client.chat.completions.create(body));
    }
    if (pathname === "/sdk-stream") {
      const client = new OpenAI({
        baseURL: "https://gateway/v1",
        apiKey: "none",
        fetch: (input, init) => env.AI_PROXY.fetch(input, init),
      });
      let text = "";
      for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? "";
      }
      return Response.json({ text });
    }
    if (pathname === "/chat") return env.AI_PROXY.chat(body);
    if (pathname === "/chat-that-json-cannot-say") return env.AI_PROXY.chat({ ...body, seed: 1n });
    if (pathname === "/chat-without-options") return env.AI_PROXY.chat(body, null);
    if (pathname === "/chat-in-a-malformed-session")
      return env.AI_PROXY.chat(body, { sessionId: "a\nb", requestId: "ü\n" });
    if (pathname === "/completions") return env.AI_PROXY.completions(body);
    if (pathname === "/tokenize") return env.AI_PROXY.tokenize(body);
    if (pathname === "/models") return env.AI_PROXY.models();
    return env.AI_PROXY.routeCheck(body);
  },
};
