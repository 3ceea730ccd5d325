import type { RelayReply, RelayRequest, StreamReply, WholeReply } from "@ai-proxy/shared/contract/relay";
import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { badRequest, invalidResponse } from "@ai-proxy/shared/errors";
import { isJsonContentType } from "@ai-proxy/shared/json";
import type { Attempt } from "@ai-proxy/shared/upstream/attempt";
import { estimatePromptTokens } from "@ai-proxy/shared/upstream/estimate";
import { readBody, type UpstreamAnswer } from "@ai-proxy/shared/upstream/fetch";
import { secretsOf } from "@ai-proxy/shared/upstream/provider-api";
import { convertedStream } from "@ai-proxy/shared/upstream/stream";
import { AnswerQuirks } from "./answer-quirks.ts";
import { clientHeaders, logIdOf } from "./client-headers.ts";
import { EditedStream } from "./edited-stream.ts";
import { nativeStream } from "./native-stream.ts";
import { ask, bodyReading, streamBody } from "./send.ts";
import { StreamMeter } from "./stream-meter.ts";
import { upstreamRequest } from "./upstream-request.ts";
import type { Upstream, Upstreams } from "./upstreams.ts";
import { wholeAnswer } from "./whole-answer.ts";

/** An endpoint of OpenAI's API that takes a model. */
export type Endpoint = "/chat/completions" | "/completions" | "/embeddings" | "/moderations";

type WaitUntil = (promise: Promise<unknown>) => void;

/** A request and its answer: what the parts below need to know. */
interface Exchange {
  request: RelayRequest;
  upstream: Upstream;
  attempt: Attempt;
  answer: UpstreamAnswer;
}

/** Relays one request of the gateway's to its upstream. Throws ApiErrors. */
export async function relay(
  endpoint: Endpoint,
  request: RelayRequest,
  upstreams: Upstreams,
  attempt: Attempt,
  waitUntil: WaitUntil,
): Promise<RelayReply> {
  const upstream = upstreams.get(request.upstream);
  const text = bodyText(request.body);
  const { body, askedForUsage } = upstreamRequest(text, {
    model: { asked: request.model, sent: upstreamModel(upstream, request.model) },
    quirks: upstream.quirks,
    stream: request.stream,
    includeUsage: request.includeUsage,
    chat: endpoint === "/chat/completions",
  });
  const answer = await ask(attempt, upstream, { path: endpoint, body });
  const exchange = { request, upstream, attempt, answer };
  if (!request.stream) return whole(exchange);
  if (isJsonContentType(answer.response.headers.get("content-type"))) return notAStream(exchange);
  return streamed(exchange, askedForUsage, estimatePromptTokens(text), waitUntil);
}

/** Natively where nothing of the stream has to change, else through the one reader loop of shared/upstream/stream.ts. */
function streamed(
  { request, upstream, attempt, answer }: Exchange,
  dropUsage: boolean,
  promptEstimate: number,
  waitUntil: WaitUntil,
): Promise<StreamReply> {
  const { headers } = answer.response;
  const { name: provider, quirks } = upstream;
  const fallbackWaiting = request.fallbackWaiting ?? false;
  const meter = new StreamMeter(provider, promptEstimate, secretsOf(upstream), attempt.ceilings.eventBytes);
  const options = {
    provider,
    attempt,
    upstream: streamBody(answer, upstream),
    holdForContent: fallbackWaiting,
    deadlines: attempt.clock.stream(),
    abortUpstream: answer.abort,
    waitUntil,
    headers: clientHeaders(headers),
    ...logIdOf(headers),
  };
  const isEdited = dropUsage || AnswerQuirks.needed(quirks, "stream");
  if (!isEdited) return nativeStream({ ...options, meter, endsWithDone: true });
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

async function whole({ request, upstream, attempt, answer }: Exchange): Promise<WholeReply> {
  const { headers } = answer.response;
  const body = await readBody(answer, bodyReading(attempt, upstream));
  const reply = wholeAnswer(body, clientHeaders(headers), {
    provider: upstream.name,
    quirks: upstream.quirks,
    secrets: secretsOf(upstream),
    fallbackWaiting: request.fallbackWaiting ?? false,
  });
  return { ...reply, ...logIdOf(headers) };
}

/** JSON where a stream was asked for: an error object is thrown as such, anything else is no answer. */
async function notAStream(exchange: Exchange): Promise<never> {
  const { usage } = await whole(exchange);
  const message = `${exchange.upstream.name} answered a request for a stream with a whole answer.`;
  throw invalidResponse(message, undefined, usage);
}
