import type { RelayRequest } from "../contract/relay.ts";
import { type ApiError, notConfigured } from "../errors.ts";
import { log } from "../log.ts";
import { aiGatewayHeaders, storesProviderKeys } from "./ai-gateway.ts";
import type { Attempt } from "./attempt.ts";
import { fetchUpstream, readErrorBody, type UpstreamAnswer } from "./fetch.ts";
import type { KeyRing, ProviderKey } from "./keys.ts";
import { Redactor } from "./redact.ts";
import { readRetryAfter } from "./retry-after.ts";

/** How a provider's HTTP API is reached. Lives as long as its isolate, since its keys rotate and rest across requests. */
export interface ProviderApi {
  /** How errors and the log name it. */
  readonly name: string;
  /** Without a final slash. */
  readonly baseUrl: string;
  /** Null for a server that wants no key. */
  readonly keys: KeyRing | null;
  /** Header that carries the key: `authorization` (as Bearer), or another as it is. */
  readonly keyHeader: string;
  /** CF_AIG_TOKEN, for a base URL behind an authenticated AI Gateway; it goes nowhere else. */
  readonly gatewayToken: string | undefined;
}

export interface UpstreamRequest {
  /** Path below the base URL, with its query. */
  path: string;
  /** POST when absent. */
  method?: string | undefined;
  /** Beside those that every upstream request has. */
  headers?: Readonly<Record<string, string>>;
  body: string | Uint8Array | null;
  /** Milliseconds until the provider's headers must have come; what is left of the attempt's time when absent. */
  firstByteMs?: number;
  /** Drops the upstream request when it resolves; `cancelled` of the relay's request when absent. */
  cancelled?: RelayRequest["cancelled"] | undefined;
}

/** A provider's answer that is no success. */
export interface Refusal {
  status: number;
  headers: Headers;
  body: string;
  /** How long the headers ask to wait, milliseconds. */
  retryAfterMs: number | undefined;
  /** The key that was sent, if one was. */
  key: ProviderKey | null;
}

/** What a refusal means: the error to fail with, and whether the key that was used is of no use for now. */
export interface ReadRefusal {
  error: ApiError;
  restsKey: boolean;
}

/** Sends an upstream request with the attempt's key. Throws `not_configured` when there is none, else as `fetchUpstream`. */
export async function sendUpstream(
  attempt: Attempt,
  api: ProviderApi,
  request: UpstreamRequest,
): Promise<UpstreamAnswer> {
  const { traceparent } = attempt.request;
  attempt.exit.hide(redactorOf(api));
  const key = keyFor(attempt, api);
  attempt.upstreamRequests++;
  return fetchUpstream({
    provider: api.name,
    url: api.baseUrl + request.path,
    method: request.method,
    headers: {
      ...request.headers,
      ...(traceparent !== undefined && { traceparent }),
      ...aiGatewayHeaders(api.baseUrl, api.gatewayToken, attempt.request),
      ...(key !== null && keyHeader(api, key)),
    },
    body: request.body,
    firstByteMs: request.firstByteMs ?? attempt.clock.leftMs(),
    cancelled: request.cancelled ?? attempt.request.cancelled,
  });
}

/**
 * As `sendUpstream`, for an answer that must be a success. Another is read and thrown as the error that it
 * means; the key that it refuses rests.
 */
export async function askProvider(
  attempt: Attempt,
  api: ProviderApi,
  request: UpstreamRequest,
  readRefusal: (refusal: Refusal) => ReadRefusal,
): Promise<UpstreamAnswer> {
  const answer = await sendUpstream(attempt, api, request);
  const { status, headers, ok } = answer.response;
  if (ok) return answer;
  const body = await readErrorBody(answer, { provider: api.name, leftMs: attempt.clock.leftMs() });
  const retryAfterMs = readRetryAfter(headers, Date.now());
  const { error, restsKey } = readRefusal({ status, headers, body, retryAfterMs, key: attempt.used?.key ?? null });
  if (restsKey) restKey(attempt, api.name, status);
  throw error;
}

/** Whether requests to it can be served: it needs no key, has one, or its AI Gateway does. */
export function hasKeys({ keys, baseUrl, gatewayToken }: ProviderApi): boolean {
  return keys === null || keys.size > 0 || storesProviderKeys(baseUrl, gatewayToken);
}

/** What takes the values of `secretsOf` out of texts. */
export function redactorOf(api: ProviderApi): Redactor {
  const known = redactors.get(api);
  if (known !== undefined) return known;
  const redactor = new Redactor(secretsOf(api));
  redactors.set(api, redactor);
  return redactor;
}

/** One for each API, which lives as long as its isolate. */
const redactors = new WeakMap<ProviderApi, Redactor>();

/** Values that no answer may show. */
export function secretsOf({ keys, gatewayToken = "" }: ProviderApi): string[] {
  return [...(keys?.values() ?? []), gatewayToken];
}

/** The attempt's key, taken from the ring for its first upstream request; null where none is wanted or AI Gateway has it. */
function keyFor(attempt: Attempt, { keys, baseUrl, gatewayToken }: ProviderApi): ProviderKey | null {
  if (attempt.used !== null) return attempt.used.key;
  if (keys === null) return null;
  const key = keys.take(attempt.request, Date.now());
  if (key !== undefined) attempt.used = { ring: keys, key };
  else if (!storesProviderKeys(baseUrl, gatewayToken)) throw notConfigured(`The secret ${keys.name} is not set.`);
  return key ?? null;
}

/** The provider refused the attempt's key: it rests, and the log names it by its label. */
function restKey({ used }: Attempt, provider: string, status: number): void {
  if (used === null) return;
  used.ring.refuse(used.key, Date.now());
  log("key_refused", { upstream: provider, key: used.key.label, status });
}

function keyHeader({ keyHeader: name }: ProviderApi, { value }: ProviderKey): Record<string, string> {
  return { [name]: name === "authorization" ? `Bearer ${value}` : value };
}
