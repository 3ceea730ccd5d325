import { WorkerEntrypoint } from "cloudflare:workers";
import type { Caller } from "./call.ts";
import { handle } from "./handle.ts";

/** What the owner of the binding says of the caller. */
export interface TrustedProps {
  caller?: string;
  routing?: { max_attempts?: number; timeout_ms?: number; first_byte_timeout_ms?: number };
}

/** Options of a call over RPC. */
export interface TrustedOptions {
  sessionId?: string;
  requestId?: string;
}

/** A request body: an object, or its JSON text. */
type Body = Record<string, unknown> | string;

/**
 * For Workers of the same account: the binding is the credential, so no token
 * is asked. The binding's `props: { caller: "<name>" }` says who calls, and `routing` in
 * it what the caller may ask for at most; the binding's owner sets them, the
 * caller cannot. Policies, session and audit are
 * those of HTTP, because it is the same code.
 */
export class TrustedGateway extends WorkerEntrypoint<Env, TrustedProps> {
  /** `new OpenAI({ baseURL: "https://gateway/v1", apiKey: "none", fetch: env.AI_PROXY.fetch })` */
  override async fetch(request: Request): Promise<Response> {
    return handle(request, this.env, this.ctx, this.#caller());
  }

  /** A chat completion; the answer is OpenAI's, JSON or SSE as `stream` says, errors as their status and body. */
  async chat(body: Body, options?: TrustedOptions): Promise<Response> {
    return this.#post("/v1/chat/completions", body, options);
  }

  async completions(body: Body, options?: TrustedOptions): Promise<Response> {
    return this.#post("/v1/completions", body, options);
  }

  async embeddings(body: Body, options?: TrustedOptions): Promise<Response> {
    return this.#post("/v1/embeddings", body, options);
  }

  async tokenize(body: Body, options?: TrustedOptions): Promise<Response> {
    return this.#post("/v1/tokenize", body, options);
  }

  async models(options?: TrustedOptions): Promise<Response> {
    return this.fetch(new Request("https://gateway/v1/models", { headers: headersOf(options) }));
  }

  async routeCheck(body: Body, options?: TrustedOptions): Promise<Response> {
    return this.#post("/v1/route-check", body, options);
  }

  #post(path: string, body: Body, options?: TrustedOptions): Promise<Response> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const headers = { "content-type": "application/json", ...headersOf(options) };
    return this.fetch(new Request(`https://gateway${path}`, { method: "POST", headers, body: text }));
  }

  #caller(): Caller {
    const { caller: name, routing } = this.ctx.props ?? {};
    return {
      kind: "trusted",
      name: typeof name === "string" && name !== "" ? name.slice(0, 128) : "trusted",
      ...(routing !== undefined && { limits: routing }),
    };
  }
}

function headersOf({ sessionId, requestId }: TrustedOptions = {}): Record<string, string> {
  return {
    ...(sessionId !== undefined && { "x-session-id": sessionId }),
    ...(requestId !== undefined && { "x-request-id": requestId }),
  };
}
