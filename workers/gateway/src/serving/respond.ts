import { isStreamReply, type RelayReply, type StreamEnd, type StreamReply } from "@ai-proxy/shared/contract/relay";
import { headerText } from "@ai-proxy/shared/formats/header-text";
import { log } from "@ai-proxy/shared/log";
import { type AttemptOutcome, countedUsage, type Outcome } from "../record/outcome.ts";
import type { RequestContext } from "../request/context.ts";
import { disposeReply } from "../routing/dropped-replies.ts";

/** What an endpoint answers, and what is known of the request by then. */
export interface Answer {
  response: Response;
  outcome: Outcome;
}

/** A relay's reply and where it comes from. */
export interface Served {
  reply: RelayReply;
  provider: string;
  /** Model id that was sent upstream; null where a path has none. */
  model: string | null;
  attempts: readonly AttemptOutcome[];
}

type Answering = Pick<RequestContext, "request" | "requestId" | "startedAt">;

/** The client's answer from a relay's reply. */
export function respond(context: Answering, { reply, provider, model, attempts }: Served): Answer {
  const served: Outcome = { provider, modelUsed: model, attempts };
  const { response, outcome } = isStreamReply(reply) ? streamed(context, reply) : whole(reply);
  const { headers } = response;
  headers.set("x-gateway-provider", provider);
  const answering = outcome.modelUsed ?? (headers.has("x-gateway-model") ? null : model);
  if (answering !== null) headers.set("x-gateway-model", headerText(answering));
  headers.set("x-gateway-attempts", String(attempts.length));
  const upstreamMs = attempts.reduce((sum, { ms }) => sum + ms, 0);
  headers.set("server-timing", `total;dur=${Date.now() - context.startedAt}, upstream;dur=${upstreamMs}`);
  return { response, outcome: { ...served, ...outcome } };
}

/** Statuses whose answers have no body; Response takes not even an empty one. Source: fetch.spec.whatwg.org, "null body status" */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

function whole(reply: Exclude<RelayReply, StreamReply>): Answer {
  const outcome: Outcome = {
    usage: countedUsage(reply),
    errorCode: reply.failure?.code ?? null,
    gatewayLogId: reply.gatewayLogId ?? null,
    ...(reply.servedModel !== undefined && { modelUsed: reply.servedModel }),
  };
  const { status, headers } = reply;
  const body = BODILESS.has(status) ? null : reply.body;
  return { response: new Response(body, { status, headers }), outcome };
}

/** Hands the relay's stream on as it is: no byte of it enters JavaScript here. */
function streamed(context: Answering, reply: StreamReply): Answer {
  const { signal } = context.request;
  if (signal.aborted) reply.cancel();
  else signal.addEventListener("abort", () => reply.cancel(), { once: true });
  const { body, status, headers } = reply.response;
  return { response: new Response(body, { status, headers }), outcome: { streamEnd: streamEnd(context, reply) } };
}

/** How the stream ended. Pending in a waitUntil it keeps the context alive, which notices a client that leaves. */
async function streamEnd({ request, requestId }: Answering, reply: StreamReply): Promise<StreamEnd> {
  try {
    const end = await reply.usage();
    disposeReply(reply);
    return end;
  } catch (thrown) {
    log("usage_lost", { request_id: requestId, reason: thrown instanceof Error ? thrown.name : "unknown" });
    return { end: request.signal.aborted ? "aborted" : "cut", usage: null, usageEstimated: true };
  }
}
