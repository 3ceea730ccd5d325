import type { RelayRequest } from "@ai-proxy/shared/contract/relay";

export interface RunOptions {
  returnRawResponse: true;
  rejectIfBusy?: true;
  gateway?: { id: string; skipCache?: boolean; cacheTtl?: number; metadata: Record<string, string> };
  extraHeaders: Record<string, string>;
}

export interface GatewaySettings {
  /** AI_GATEWAY_ID: the AI Gateway to pass through, "" for none. */
  gatewayId: string | undefined;
  /** AI_GATEWAY_CACHE_TTL: seconds that its cache keeps answers, "" for no cache. */
  cacheTtl: string | undefined;
}

/**
 * The third argument of `env.AI.run`. The raw Response has the status and the log
 * ids, which the binding else keeps on an object that all requests of the isolate
 * share. Requests of a session go to the same machine, where the prompt cache is.
 * Sources: workers-ai/features/prompt-caching and reject-if-busy (2026-09).
 */
export function runOptions(request: RelayRequest, affinity: unknown, settings: GatewaySettings): RunOptions {
  const { requestId, sessionId, traceparent, otherTargetWaiting } = request;
  const gateway = gatewayOptions(settings, { session_id: sessionId, request_id: requestId });
  const key = typeof affinity === "string" && affinity !== "" ? encodedForHeader(affinity) : sessionId;
  return {
    returnRawResponse: true,
    ...(otherTargetWaiting === true && { rejectIfBusy: true as const }),
    ...(gateway !== undefined && { gateway }),
    extraHeaders: {
      ...(key !== "" && { "x-session-affinity": key }),
      ...(traceparent !== undefined && { traceparent }),
    },
  };
}

/** The cache is off unless a time is set: it would give one caller's answer to another with the same prompt. */
function gatewayOptions(settings: GatewaySettings, metadata: Record<string, string>): RunOptions["gateway"] {
  const { gatewayId = "", cacheTtl = "" } = settings;
  if (gatewayId === "") return undefined;
  const seconds = /^\d{1,8}$/.test(cacheTtl) ? Number(cacheTtl) : 0;
  return { id: gatewayId, ...(seconds > 0 ? { cacheTtl: seconds } : { skipCache: true }), metadata };
}

/** What a client chose freely, fit for a header. */
function encodedForHeader(text: string): string {
  return encodeURIComponent(text.toWellFormed()).slice(0, 256);
}
