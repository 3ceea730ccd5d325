import type { RelayReply, RelayRequest, StreamReply, WholeReply } from "@ai-proxy/shared/contract/relay";
import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { badRequest, invalidResponse } from "@ai-proxy/shared/errors";
import { RequestClock } from "@ai-proxy/shared/upstream/clock";
import { estimatePromptTokens } from "@ai-proxy/shared/upstream/estimate";
import { readBody } from "@ai-proxy/shared/upstream/fetch";
import { convertedStream } from "@ai-proxy/shared/upstream/stream";
import { type Answer, type Caller, refusedReply, streamBody } from "./call.ts";
import { EditedStream } from "./edited-stream.ts";
import { clientHeaders, logIdOf } from "./headers.ts";
import { Mender } from "./mend.ts";
import { nativeStream } from "./native-stream.ts";
import { upstreamRequest } from "./request.ts";
import { wholeAnswer } from "./response.ts";
import { StreamMeter } from "./stream-meter.ts";
import type { Upstream } from "./upstreams.ts";

/** An endpoint of OpenAI's API that takes a model. */
export type Endpoint = "/chat/completions" | "/completions" | "/embeddings" | "/moderations";

type WaitUntil = (promise: Promise<unknown>) => void;

/** One request on its way: what its parts below need to know. */
interface Exchange {
  request: RelayRequest;
  upstream: Upstream;
  caller: Caller;
  clock: RequestClock;
  answer: Answer;
}

/** Relays one request of the gateway's to its upstream. Throws ApiErrors; what the upstream refuses is a reply. */
export async function relay(
  endpoint: Endpoint,
  request: RelayRequest,
  caller: Caller,
  waitUntil: WaitUntil,
): Promise<RelayReply> {
  const upstream = caller.upstreams.get(request.upstream);
  const clock = new RequestClock(request.deadlines);
  const text = bodyText(request.body);
  const { body, askedForUsage } = upstreamRequest(text, {
    model: { asked: request.model, sent: upstreamModel(upstream, request.model) },
    quirks: upstream.quirks,
    stream: request.stream,
    includeUsage: request.includeUsage,
    chat: endpoint === "/chat/completions",
  });
  const answer = await caller.call({
    upstream,
    path: endpoint,
    body,
    ids: request,
    traceparent: request.traceparent,
    firstByteMs: clock.firstByteMs,
    cancelled: request.cancelled,
  });
  const exchange = { request, upstream, caller, clock, answer };
  if (!answer.response.ok) {
    return refusedReply(caller, upstream, answer, { leftMs: clock.leftMs(), keySlot: request.keySlot });
  }
  if (!request.stream) return whole(exchange);
  if (isJson(answer.response)) return notAStream(exchange);
  return streamed(exchange, askedForUsage, estimatePromptTokens(text), waitUntil);
}

/** Natively where nothing of the stream has to change, else through the one reader loop of shared/stream.ts. */
function streamed(
  { request, upstream, caller, clock, answer }: Exchange,
  dropUsage: boolean,
  promptEstimate: number,
  waitUntil: WaitUntil,
): Promise<StreamReply> {
  const { headers } = answer.response;
  const { name: provider, quirks } = upstream;
  const fallbackWaiting = request.fallbackWaiting ?? false;
  const meter = new StreamMeter(provider, promptEstimate, caller.secrets(upstream));
  const options = {
    provider,
    upstream: streamBody(answer, upstream),
    holdForContent: fallbackWaiting,
    deadlines: clock.stream(),
    abortUpstream: answer.abort,
    waitUntil,
    headers: clientHeaders(headers),
    ...logIdOf(headers),
  };
  if (!dropUsage && !Mender.needed(quirks, "stream")) return nativeStream({ ...options, meter, endsWithDone: true });
  const converter = new EditedStream({ provider, meter, dropUsage, quirks, fallbackWaiting });
  return convertedStream({ ...options, upstream: { body: options.upstream, abort: answer.abort }, converter });
}

/** The id that the upstream knows for this name. */
function upstreamModel(upstream: Upstream, model: string): string {
  if (Object.hasOwn(upstream.models, model)) return upstream.models[model] ?? model;
  if (model !== "default") return model;
  if (upstream.defaultModel !== null) return upstream.defaultModel;
  throw badRequest(`${upstream.name} has no default model: name one.`, "model");
}

async function whole({ request, upstream, caller, clock, answer }: Exchange): Promise<WholeReply> {
  const { headers } = answer.response;
  const body = await readBody(answer, upstream.name, clock.leftMs());
  const reply = wholeAnswer(body, clientHeaders(headers), {
    provider: upstream.name,
    quirks: upstream.quirks,
    secrets: caller.secrets(upstream),
    fallbackWaiting: request.fallbackWaiting ?? false,
  });
  return { ...reply, ...logIdOf(headers) };
}

/** JSON where a stream was asked for: an error object is thrown as such, anything else is no answer. */
async function notAStream(exchange: Exchange): Promise<never> {
  await whole(exchange);
  throw invalidResponse(`${exchange.upstream.name} answered a request for a stream with a whole answer.`);
}

function isJson(response: Response): boolean {
  return /^application\/(?:[a-z.+-]+\+)?json\b/i.test(response.headers.get("content-type") ?? "");
}
