import { WorkerEntrypoint } from "cloudflare:workers";
import type { Caller } from "../access/admit.ts";
import { ENDPOINTS } from "../endpoints/table.ts";
import { handle } from "./handle.ts";
import { readTrustedProps, type TrustedProps } from "./trusted-props.ts";

/** What a method takes beside the body. */
export interface TrustedOptions {
  sessionId?: string;
  requestId?: string;
}

/** What `ctx.exports` has of this class. The tests' program has no generated types that would say so. */
interface Loopback {
  TrustedGateway(options: { props: TrustedProps }): Fetcher;
}

/** A request body: an object, or its JSON text. */
type Body = Record<string, unknown> | string;

/**
 * For Workers of the same account: the binding is the credential, so no token is asked. Its props say who asks and what
 * the caller may ask for at most; only the binding's owner sets them. All else is as over HTTP, by the same code.
 */
export class TrustedGateway extends WorkerEntrypoint<Env, TrustedProps> {
  /** `new OpenAI({ baseURL: "https://gateway/v1", apiKey: "none", fetch: (...args) => env.AI_PROXY.fetch(...args) })` */
  override async fetch(request: Request): Promise<Response> {
    const caller: Caller = { kind: "trusted", ...readTrustedProps(this.ctx.props) };
    return handle(request, this.env, this.ctx, caller);
  }

  /** A chat completion; the answer is OpenAI's, JSON or SSE as `stream` says, errors as their status and body. */
  async chat(body: Body, options?: TrustedOptions): Promise<Response> {
    return this.#post(ENDPOINTS.chat.path, body, options);
  }

  async completions(body: Body, options?: TrustedOptions): Promise<Response> {
    return this.#post(ENDPOINTS.completions.path, body, options);
  }

  async embeddings(body: Body, options?: TrustedOptions): Promise<Response> {
    return this.#post(ENDPOINTS.embeddings.path, body, options);
  }

  async tokenize(body: Body, options?: TrustedOptions): Promise<Response> {
    return this.#post(ENDPOINTS.tokenize.path, body, options);
  }

  async models(options?: TrustedOptions): Promise<Response> {
    return this.#request(ENDPOINTS.models.path, { headers: headersOf(options) });
  }

  async routeCheck(body: Body, options?: TrustedOptions): Promise<Response> {
    return this.#post(ENDPOINTS.routeCheck.path, body, options);
  }

  #post(path: string, body: Body, options?: TrustedOptions): Promise<Response> {
    const headers = { "content-type": "application/json", ...headersOf(options) };
    return this.#request(path, { method: "POST", headers, body: jsonText(body) });
  }

  /** As a request of its own, which a caller that leaves aborts: RPC would only end the context, and nothing be recorded. */
  #request(path: string, init: RequestInit): Promise<Response> {
    const { TrustedGateway: loopback } = this.ctx.exports as unknown as Loopback;
    return loopback({ props: this.ctx.props }).fetch(new Request(`https://gateway${path}`, init));
  }
}

/** "" for what JSON cannot say, a bigint or a cycle: the answer is then that of a body that is not JSON. */
function jsonText(body: Body): string {
  if (typeof body === "string") return body;
  try {
    return JSON.stringify(body) ?? "";
  } catch {
    return "";
  }
}

function headersOf(options: TrustedOptions | null = {}): Record<string, string> {
  const { sessionId, requestId } = options ?? {};
  return {
    ...(sessionId !== undefined && { "x-session-id": idHeader(sessionId) }),
    ...(requestId !== undefined && { "x-request-id": idHeader(requestId) }),
  };
}

/** "" for an id that no header can carry: both are malformed ids. */
function idHeader(id: unknown): string {
  return typeof id === "string" && /^[ -~]*$/.test(id) ? id : "";
}
