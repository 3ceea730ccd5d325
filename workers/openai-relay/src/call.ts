import type { WholeReply } from "@ai-proxy/shared/contract/relay";
import { invalidResponse, notConfigured } from "@ai-proxy/shared/errors";
import { log } from "@ai-proxy/shared/log";
import { aiGatewayHeaders, isAiGateway } from "@ai-proxy/shared/upstream/ai-gateway";
import { callUpstream, readBody, type UpstreamCall } from "@ai-proxy/shared/upstream/fetch";
import { KeyRing, type ProviderKey } from "@ai-proxy/shared/upstream/keys";
import { errorReply, refusesKey } from "./errors.ts";
import { type Settings, type Upstream, Upstreams } from "./upstreams.ts";

export interface CallRequest {
  upstream: Upstream;
  /** Path below the base URL, and a query of its own or "". */
  path: string;
  search?: string;
  method?: string;
  body: string | Uint8Array | null;
  contentType?: string | undefined;
  /** The client's `openai-beta`. */
  beta?: string | undefined;
  ids: { requestId: string; sessionId: string };
  traceparent?: string | undefined;
  /** Milliseconds until the upstream's headers must have come. */
  firstByteMs: number;
  cancelled?: (() => Promise<void>) | undefined;
}

/** An upstream's answer, and which key it was asked with. */
export interface Answer extends UpstreamCall {
  key: ProviderKey | null;
}

/** What this isolate knows: the upstreams of the settings, and how their keys fare. */
export class Caller {
  readonly upstreams: Upstreams;
  readonly #settings: Settings;
  readonly #rings = new Map<string, KeyRing>();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.upstreams = new Upstreams(settings);
    for (const problem of this.upstreams.problems()) log("not_configured", { problem });
  }

  /** Calls the upstream with its next key. Throws `not_configured` when there is none, else as `callUpstream`. */
  async call(request: CallRequest): Promise<Answer> {
    const { upstream, ids, contentType, beta, traceparent } = request;
    const key = this.#key(upstream);
    const call = await callUpstream({
      provider: upstream.name,
      url: upstream.baseUrl + request.path + joinedSearch(upstream.search, request.search ?? ""),
      ...(request.method !== undefined && { method: request.method }),
      headers: {
        ...upstream.headers,
        ...(contentType !== undefined && { "content-type": contentType }),
        ...(beta !== undefined && { "openai-beta": beta }),
        ...(traceparent !== undefined && { traceparent }),
        ...aiGatewayHeaders(upstream.baseUrl, this.#secret("CF_AIG_TOKEN"), ids),
        ...(key !== null && keyHeader(upstream, key)),
      },
      body: request.body,
      firstByteMs: request.firstByteMs,
      cancelled: request.cancelled,
    });
    return { ...call, key };
  }

  /** The upstream refused this key: it rests, and the log says which one by its label. */
  refuse(upstream: Upstream, key: ProviderKey | null, status: number): void {
    if (key === null) return;
    this.#ring(upstream)?.refuse(key, Date.now());
    log("key_refused", { upstream: upstream.name, key: key.label, status });
  }

  /** Keys that another attempt at a request may still try, after `used` failed and `tried` others before it. */
  keysLeft(upstream: Upstream, used: ProviderKey | null, tried: number): number {
    return used === null ? 0 : (this.#ring(upstream)?.others(used, tried, Date.now()) ?? 0);
  }

  /** Whether requests to it can be served: it needs no key, or has one. */
  isConfigured(upstream: Upstream): boolean {
    return (this.#ring(upstream)?.size ?? 1) > 0 || this.#storesKeys(upstream);
  }

  /** Values that no answer may show. */
  secrets(upstream: Upstream): string[] {
    return [...(this.#ring(upstream)?.values() ?? []), this.#secret("CF_AIG_TOKEN") ?? ""];
  }

  #key(upstream: Upstream): ProviderKey | null {
    const ring = this.#ring(upstream);
    if (ring === null) return null;
    const key = ring.next(Date.now());
    if (key !== undefined) return key;
    if (this.#storesKeys(upstream)) return null;
    throw notConfigured(`The secret ${upstream.keySecret} is not set.`);
  }

  /**
   * An AI Gateway puts a key that is stored there into calls without one, if they carry its own token.
   * Source: developers.cloudflare.com/ai-gateway/configuration/bring-your-own-keys
   */
  #storesKeys({ baseUrl }: Upstream): boolean {
    return isAiGateway(baseUrl) && (this.#secret("CF_AIG_TOKEN") ?? "") !== "";
  }

  /** Null for an upstream that wants no key. */
  #ring({ name, keySecret }: Upstream): KeyRing | null {
    if (keySecret === null) return null;
    const known = this.#rings.get(name);
    if (known !== undefined) return known;
    const ring = new KeyRing(keySecret, this.#secret(keySecret));
    this.#rings.set(name, ring);
    return ring;
  }

  #secret(name: string): string | undefined {
    const value = this.#settings[name];
    return typeof value === "string" ? value : undefined;
  }
}

/** The reply for an answer that is no success; a key that was refused rests. */
export async function refusedReply(
  caller: Caller,
  upstream: Upstream,
  answer: Answer,
  { leftMs, keySlot = 0 }: { leftMs: number; keySlot?: number | undefined },
): Promise<WholeReply> {
  const { status, headers } = answer.response;
  const refused = { status, headers, body: await readBody(answer, upstream.name, leftMs) };
  if (refusesKey(refused)) caller.refuse(upstream, answer.key, status);
  return errorReply(refused, {
    provider: upstream.name,
    secrets: caller.secrets(upstream),
    keysLeft: caller.keysLeft(upstream, answer.key, keySlot),
    now: Date.now(),
  });
}

export function streamBody({ response }: Answer, upstream: Upstream): ReadableStream<Uint8Array> {
  if (response.body === null) throw invalidResponse(`${upstream.name} answered without a body.`);
  return response.body;
}

function keyHeader({ keyHeader: name }: Upstream, { value }: ProviderKey): Record<string, string> {
  return { [name]: name === "authorization" ? `Bearer ${value}` : value };
}

function joinedSearch(own: string, asked: string): string {
  return asked === "" || asked === "?" ? own : own === "" ? asked : `${own}&${asked.slice(1)}`;
}
