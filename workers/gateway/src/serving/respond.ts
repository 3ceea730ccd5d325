import type { AttemptRecord } from "@ai-proxy/shared/contract/audit";
import { isStreamReply, type RelayReply, type StreamReply, type WholeReply } from "@ai-proxy/shared/contract/relay";
import { headerText } from "@ai-proxy/shared/formats/header-text";
import { log } from "@ai-proxy/shared/log";
import { recordUsage } from "../record/record.ts";
import type { Call } from "../request/context.ts";
import { disposeReply } from "../routing/failure-replies.ts";

/** A relay's reply and where it comes from. */
export interface Served {
  reply: RelayReply;
  provider: string;
  /** Model id that was sent upstream; null where a route has none. */
  model: string | null;
  trail: AttemptRecord[];
}

/** The client's answer from a relay's reply, and what the record needs of it. */
export function respond(call: Call, { reply, provider, model, trail }: Served): Response {
  if (call.record !== null) {
    call.record.provider = provider;
    call.record.model_used = model;
    call.record.attempts = trail.length;
    call.record.trail = trail;
  }
  const response = isStreamReply(reply) ? streamed(call, reply) : whole(call, reply);
  const { headers } = response;
  headers.set("x-gateway-provider", provider);
  if (model !== null && !headers.has("x-gateway-model")) headers.set("x-gateway-model", headerText(model));
  headers.set("x-gateway-attempts", String(trail.length));
  const upstreamMs = trail.reduce((sum, { ms }) => sum + ms, 0);
  headers.set("server-timing", `total;dur=${Date.now() - call.startedAt}, upstream;dur=${upstreamMs}`);
  return response;
}

function whole(call: Call, reply: WholeReply): Response {
  if (call.record !== null) {
    recordUsage(call.record, reply.usage, reply.usageEstimated ?? false);
    call.record.error_code = reply.failure?.code ?? null;
    call.record.model_used = reply.servedModel ?? call.record.model_used;
    call.record.gateway_log_id = reply.gatewayLogId ?? null;
  }
  const response = new Response(reply.body, { status: reply.status, headers: reply.headers });
  if (reply.servedModel !== undefined) response.headers.set("x-gateway-model", headerText(reply.servedModel));
  return response;
}

/**
 * Hands the relay's stream on as it is: no byte of it enters JavaScript here.
 * The pending `usage()` keeps this context alive, without which the client's
 * leaving would not be noticed and nothing would be recorded.
 */
function streamed(call: Call, reply: StreamReply): Response {
  const { signal } = call.request;
  if (signal.aborted) reply.cancel();
  else signal.addEventListener("abort", () => reply.cancel(), { once: true });
  call.streamEnd = reply.usage().then(
    (end) => {
      disposeReply(reply);
      return end;
    },
    (thrown: unknown) => {
      log("usage_lost", { request_id: call.requestId, reason: thrown instanceof Error ? thrown.name : "unknown" });
      return { end: signal.aborted ? "aborted" : "cut", usage: null, usageEstimated: true };
    },
  );
  const { response } = reply;
  return new Response(response.body, { status: response.status, headers: response.headers });
}
