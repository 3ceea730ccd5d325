import { gatewayLogId } from "@ai-proxy/shared/ai-gateway";
import { bodyText, type RelayReply, type RelayRequest, type WholeReply } from "@ai-proxy/shared/contract/relay";
import { badRequest, invalidResponse } from "@ai-proxy/shared/errors";
import { estimatePromptTokens } from "@ai-proxy/shared/estimate";
import { readBody } from "@ai-proxy/shared/fetch-upstream";
import { DEFAULT_DEADLINES, translatedStream } from "@ai-proxy/shared/stream";
import { type Answer, type Caller, refusedReply, streamBody } from "./call.ts";
import { EditedStream } from "./edited-stream.ts";
import { clientHeaders } from "./headers.ts";
import { Mender } from "./mend.ts";
import { nativeStream } from "./native-stream.ts";
import { upstreamRequest } from "./request.ts";
import { wholeAnswer } from "./response.ts";
import { StreamMeter } from "./stream-meter.ts";
import type { Upstream } from "./upstreams.ts";

/** An endpoint of OpenAI's API that takes a model. */
export type Endpoint = "/chat/completions" | "/completions" | "/embeddings" | "/moderations";

type WaitUntil = (promise: Promise<unknown>) => void;

/** Relays one request of the gateway's to its upstream. Throws ApiErrors; what the upstream refuses is a reply. */
export async function relay(
  endpoint: Endpoint,
  request: RelayRequest,
  caller: Caller,
  waitUntil: WaitUntil,
): Promise<RelayReply> {
  const upstream = caller.upstreams.get(request.upstream);
  const text = bodyText(request.body);
  const { body, askedForUsage } = upstreamRequest(text, {
    model: upstreamModel(upstream, request.model),
    quirks: upstream.quirks,
    stream: request.stream,
    includeUsage: request.includeUsage,
    chat: endpoint === "/chat/completions",
  });
  const startedAt = Date.now();
  const deadlines = { ...DEFAULT_DEADLINES, ...request.deadlines };
  const firstByteMs = Math.min(deadlines.firstByteMs, deadlines.totalMs);
  const answer = await caller.call({
    upstream,
    path: endpoint,
    body,
    ids: request,
    traceparent: request.traceparent,
    firstByteMs,
    cancelled: request.cancelled,
  });
  const leftMs = startedAt + firstByteMs - Date.now();
  if (!answer.response.ok) return refusedReply(caller, upstream, answer, leftMs);
  if (!request.stream) return whole(answer, request, upstream, caller, leftMs);
  if (isJson(answer.response)) return notAStream(answer, request, upstream, caller, leftMs);

  const meter = new StreamMeter(upstream.name, estimatePromptTokens(text));
  const logId = gatewayLogId(answer.response.headers);
  const options = {
    provider: upstream.name,
    upstream: streamBody(answer, upstream),
    holdForContent: request.fallbackWaiting ?? false,
    deadlines: { firstByteMs: leftMs, idleMs: deadlines.idleMs, totalMs: startedAt + deadlines.totalMs - Date.now() },
    abortUpstream: answer.abort,
    waitUntil,
    headers: clientHeaders(answer.response.headers),
    gatewayLogId: logId,
  };
  if (!askedForUsage && !Mender.needed(upstream.quirks)) return nativeStream({ ...options, meter, endsWithDone: true });
  const translator = new EditedStream({
    provider: upstream.name,
    meter,
    dropUsage: askedForUsage,
    quirks: upstream.quirks,
    fallbackWaiting: options.holdForContent,
  });
  const { gatewayLogId: _, ...rest } = options;
  return translatedStream({ ...rest, translator, ...(logId !== undefined && { gatewayLogId: logId }) });
}

/** The id that the upstream knows for this name. */
function upstreamModel(upstream: Upstream, model: string): string {
  if (Object.hasOwn(upstream.models, model)) return upstream.models[model] ?? model;
  if (model !== "default") return model;
  if (upstream.defaultModel !== null) return upstream.defaultModel;
  throw badRequest(`${upstream.name} has no default model: name one.`, "model");
}

async function whole(
  answer: Answer,
  request: RelayRequest,
  upstream: Upstream,
  caller: Caller,
  leftMs: number,
): Promise<WholeReply> {
  const body = await readBody(answer, upstream.name, leftMs);
  const logId = gatewayLogId(answer.response.headers);
  const reply = wholeAnswer(body, clientHeaders(answer.response.headers), {
    provider: upstream.name,
    quirks: upstream.quirks,
    secrets: caller.secrets(upstream),
    fallbackWaiting: request.fallbackWaiting ?? false,
  });
  return logId === undefined ? reply : { ...reply, gatewayLogId: logId };
}

/** JSON where a stream was asked for: an error object is thrown as such, anything else is no answer. */
async function notAStream(
  answer: Answer,
  request: RelayRequest,
  upstream: Upstream,
  caller: Caller,
  leftMs: number,
): Promise<never> {
  await whole(answer, request, upstream, caller, leftMs);
  throw invalidResponse(`${upstream.name} answered a request for a stream with a whole answer.`);
}

function isJson(response: Response): boolean {
  return /^application\/(?:[a-z.+-]+\+)?json\b/i.test(response.headers.get("content-type") ?? "");
}
