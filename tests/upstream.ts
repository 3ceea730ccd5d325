import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { tryParseJson } from "../shared/json.ts";

/** What a provider was sent. */
export interface UpstreamRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body's bytes. */
  base64: string;
  /** The parsed body; {} when there is none, or no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  body: any;
  /** Resolves when the caller has closed the connection before the answer was finished. */
  dropped: Promise<void>;
}

export type UpstreamScript = (request: UpstreamRequest, response: ServerResponse) => void | Promise<void>;

/** A provider on loopback whose answers a test writes. OpenAI's paths begin with /openai, Gemini's with /gemini, Workers AI's with /ai. */
export class ScriptedUpstream {
  readonly requests: UpstreamRequest[] = [];
  /** Whether `requests` is kept; off for tests with very many. */
  keep = true;
  script: UpstreamScript = (_request, response) => json(response, 500, { error: { message: "no script" } });
  readonly #server = createServer((incoming, response) => {
    void this.#handle(incoming, response);
  });

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Forgets what was asked and takes a new script. */
  play(script: UpstreamScript): void {
    this.requests.length = 0;
    this.script = script;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const text = bytes.toString("utf8");
    const dropped = new Promise<void>((resolve) => {
      response.on("close", () => {
        if (!response.writableFinished) resolve();
      });
    });
    const request: UpstreamRequest = {
      method: incoming.method ?? "",
      url: incoming.url ?? "",
      headers: incoming.headers,
      text,
      get base64() {
        return bytes.toString("base64");
      },
      body: tryParseJson(text) ?? {},
      dropped,
    };
    if (this.keep) this.requests.push(request);
    await this.script(request, response);
  }
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** Writes SSE events and ends; `pause` milliseconds between them. */
export async function sse(response: ServerResponse, events: readonly unknown[], pause = 0): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of events) {
    response.write(`data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`);
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  }
  response.end();
}
