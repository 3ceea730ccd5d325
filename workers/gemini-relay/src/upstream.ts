import type { RelayRequest } from "@ai-proxy/shared/contract/relay";
import { ApiError, badRequest, notConfigured } from "@ai-proxy/shared/errors";
import { log } from "@ai-proxy/shared/log";
import { aiGatewayHeaders, isAiGateway } from "@ai-proxy/shared/upstream/ai-gateway";
import { readBaseUrl } from "@ai-proxy/shared/upstream/base-url";
import type { RequestClock } from "@ai-proxy/shared/upstream/clock";
import { callUpstream, readBody, type UpstreamCall } from "@ai-proxy/shared/upstream/fetch";
import { KeyRing, type ProviderKey } from "@ai-proxy/shared/upstream/keys";
import { readRetryAfter } from "@ai-proxy/shared/upstream/retry-after";
import { PROVIDER, upstreamError } from "./errors.ts";
import { modelPath } from "./model.ts";

/** What this Worker is configured with. CF_AIG_TOKEN is wanted only behind an authenticated AI Gateway. */
export interface Settings {
  GEMINI_API_KEY?: string | undefined;
  GEMINI_BASE_URL?: string | undefined;
  CF_AIG_TOKEN?: string | undefined;
  SIGNATURES_IN_CALL_IDS?: string | undefined;
}

const DEFAULT_BASE_URL = "https://generativelanguage.googleapis.com/v1beta";

export type Method = "generateContent" | "streamGenerateContent" | "batchEmbedContents" | "countTokens";

/** Gemini's API with the operator's keys. One for an isolate: its keys rotate and rest across requests. */
export class GeminiApi {
  readonly #settings: Settings;
  #base: ReturnType<typeof readBaseUrl> | undefined;
  readonly #keys: KeyRing;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#keys = new KeyRing("GEMINI_API_KEY", settings.GEMINI_API_KEY);
  }

  /** Whether requests can be served: there is a key, here or at the AI Gateway. */
  get configured(): boolean {
    return this.#keys.size > 0 || this.#gatewayHasKey();
  }

  /** Whether ids of calls carry their signatures. Throws `not_configured` for a setting that says neither yes nor no. */
  get signaturesInCallIds(): boolean {
    const value = String(this.#settings.SIGNATURES_IN_CALL_IDS ?? "").trim();
    if (value === "true") return true;
    if (value === "false" || value === "") return false;
    throw notConfigured('SIGNATURES_IN_CALL_IDS must be "true" or "false".');
  }

  /** Keys that a next attempt at this request may still try, after it failed with `thrown`. */
  keysLeft({ keySlot = 0 }: RelayRequest, thrown: unknown): number {
    const usedRests = isRefusedKey(thrown);
    const others = this.#keys.live(Date.now()) - (usedRests ? 0 : 1);
    return Math.max(0, Math.min(others, this.#keys.size - 1 - keySlot));
  }

  /** Calls a method of a model; throws an ApiError for whatever is not a success. */
  async call(request: RelayRequest, method: Method, body: unknown, clock: RequestClock): Promise<UpstreamCall> {
    this.#base ??= readBaseUrl("GEMINI_BASE_URL", this.#settings.GEMINI_BASE_URL || DEFAULT_BASE_URL);
    const { href, search } = this.#base;
    const path = modelPath(request.model);
    const key = this.#keys.next(Date.now());
    if (key === undefined && !this.#gatewayHasKey()) throw notConfigured("The secret GEMINI_API_KEY is not set.");
    const call = await callUpstream({
      provider: PROVIDER,
      url: `${href}/${path}:${method}${query(search, method)}`,
      headers: {
        ...(key !== undefined && { "x-goog-api-key": key.value }),
        ...(request.traceparent !== undefined && { traceparent: request.traceparent }),
        ...aiGatewayHeaders(href, this.#settings.CF_AIG_TOKEN, request),
      },
      body: jsonText(body),
      firstByteMs: clock.leftMs(),
      cancelled: request.cancelled,
    });
    if (!call.response.ok) await this.#refused(call, key, clock);
    return call;
  }

  /** As `call`, to the end of the answer's text. */
  async callWhole(
    request: RelayRequest,
    method: Method,
    body: unknown,
    clock: RequestClock,
  ): Promise<{ text: string; headers: Headers }> {
    const call = await this.call(request, method, body, clock);
    return { text: await readBody(call, PROVIDER, clock.leftMs()), headers: call.response.headers };
  }

  /**
   * An AI Gateway that stores the provider's key adds it for whoever has the gateway's own token.
   * Source: developers.cloudflare.com/ai-gateway/configuration/bring-your-own-keys
   */
  #gatewayHasKey(): boolean {
    const { GEMINI_BASE_URL = "", CF_AIG_TOKEN = "" } = this.#settings;
    return CF_AIG_TOKEN !== "" && isAiGateway(URL.parse(GEMINI_BASE_URL.trim())?.href ?? "");
  }

  async #refused(call: UpstreamCall, key: ProviderKey | undefined, clock: RequestClock): Promise<never> {
    const { status, headers } = call.response;
    const error = upstreamError({
      status,
      body: await readBody(call, PROVIDER, clock.leftMs()),
      retryAfterMs: readRetryAfter(headers, Date.now()),
      ...(key !== undefined && { key: key.value }),
    });
    if (key !== undefined && isRefusedKey(error)) {
      this.#keys.refuse(key, Date.now());
      log("key_refused", { key: key.label, status });
    }
    throw error;
  }
}

/** JSON.parse reads what JSON.stringify runs out of stack for. */
function jsonText(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch (thrown) {
    if (thrown instanceof RangeError) throw badRequest("The request is nested too deeply.");
    throw thrown;
  }
}

function isRefusedKey(thrown: unknown): boolean {
  return thrown instanceof ApiError && thrown.code === "provider_auth_error";
}

/** Without alt=sse a stream comes as one JSON list. */
function query(search: string, method: Method): string {
  if (method !== "streamGenerateContent") return search;
  return search === "" ? "?alt=sse" : `${search}&alt=sse`;
}
