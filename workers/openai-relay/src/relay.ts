import type { RelayReply, RelayRequest, StreamReply, WholeReply } from "@ai-proxy/shared/contract/relay";
import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { badRequest, invalidResponse } from "@ai-proxy/shared/errors";
import type { AnswerEnvelope } from "@ai-proxy/shared/formats/stream-writer";
import { isJsonContentType, isObject, tryParseJson } from "@ai-proxy/shared/json";
import type { Attempt } from "@ai-proxy/shared/upstream/attempt";
import { estimatePromptTokens } from "@ai-proxy/shared/upstream/estimate";
import { readBody, type UpstreamAnswer } from "@ai-proxy/shared/upstream/fetch";
import { secretsOf } from "@ai-proxy/shared/upstream/provider-api";
import { convertedStream } from "@ai-proxy/shared/upstream/stream";
import { AnswerQuirks } from "./answer-quirks.ts";
import { clientHeaders, logIdOf } from "./client-headers.ts";
import { EditedStream } from "./edited-stream.ts";
import { nativeStream } from "./native-stream.ts";
import { redactJson } from "./redact.ts";
import { answerOfStream, type FramedEndpoint, isEventStream, streamOfAnswer } from "./reframe.ts";
import { ignoredHeader } from "./request-fields.ts";
import { ask, bodyReading, streamBody } from "./send.ts";
import { StreamMeter } from "./stream-meter.ts";
import { upstreamRequest } from "./upstream-request.ts";
import type { Upstream, Upstreams } from "./upstreams.ts";
import { type AnswerContext, wholeAnswer } from "./whole-answer.ts";

/** An endpoint of OpenAI's API that takes a model. */
export type Endpoint = FramedEndpoint | "/embeddings" | "/moderations";

type WaitUntil = (promise: Promise<unknown>) => void;

/** A request and its answer: what the parts below need to know. */
interface Exchange {
  endpoint: Endpoint;
  request: RelayRequest;
  upstream: Upstream;
  attempt: Attempt;
  answer: UpstreamAnswer;
  /** Headers that the client gets. */
  headers: Record<string, string>;
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
  const { body, askedForUsage, ignored } = upstreamRequest(text, {
    model: { asked: request.model, sent: upstreamModel(upstream, request.model) },
    quirks: upstream.quirks,
    fields: upstream.fields,
    stream: request.stream,
    includeUsage: request.includeUsage,
    chat: endpoint === "/chat/completions",
  });
  const answer = await ask(attempt, upstream, { path: endpoint, body });
  const headers = { ...clientHeaders(answer.response.headers), ...ignoredHeader(ignored) };
  const exchange = { endpoint, request, upstream, attempt, answer, headers };
  if (!request.stream) return whole(exchange, text);
  const isWhole = isJsonContentType(answer.response.headers.get("content-type"));
  const streaming = isWhole ? await reframed(exchange) : exchange;
  // A whole answer brings its usage unasked.
  const isUnasked = isWhole && !request.includeUsage && upstream.quirks.stream_usage !== "always";
  const dropUsage = askedForUsage || isUnasked;
  // Natively, workerd 1.20261117 breaks off a stream that is made of a text (tests/openai-relay.test.ts).
  const isEdited = isWhole || dropUsage || AnswerQuirks.needed(upstream.quirks, "stream");
  return streamed(streaming, { isEdited, dropUsage }, estimatePromptTokens(text), waitUntil);
}

/** Natively where nothing of the stream has to change, else through the one reader loop of shared/upstream/stream.ts. */
function streamed(
  { request, upstream, attempt, answer, headers }: Exchange,
  { isEdited, dropUsage }: { isEdited: boolean; dropUsage: boolean },
  promptEstimate: number,
  waitUntil: WaitUntil,
): Promise<StreamReply> {
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
    headers,
    ...logIdOf(answer.response.headers),
  };
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

async function whole(exchange: Exchange, requestText: string): Promise<WholeReply> {
  const { endpoint, upstream, attempt, answer, headers } = exchange;
  const body = await readBody(answer, bodyReading(attempt, upstream));
  const logId = logIdOf(answer.response.headers);
  if (!isFramed(endpoint) || !isEventStream(body)) {
    return { ...wholeAnswer(body, headers, answerContext(exchange)), ...logId };
  }
  const { name: provider } = upstream;
  const meter = new StreamMeter(provider, estimatePromptTokens(requestText), secretsOf(upstream));
  const joined = answerOfStream(body, endpoint, { provider, meter, envelope: envelopeOf(exchange) });
  const { usage, usageEstimated } = meter;
  return { ...wholeAnswer(joined, headers, answerContext(exchange)), usage, usageEstimated, ...logId };
}

/** The exchange with the stream that a whole answer becomes; of a stream that is called JSON, with that stream. */
async function reframed(exchange: Exchange): Promise<Exchange> {
  const { endpoint, upstream, attempt, answer, headers } = exchange;
  const body = await readBody(answer, bodyReading(attempt, upstream));
  const text = isEventStream(body) ? body : wholeAsStream();
  // As they came but for what the body was encoded with, which has been read.
  const plain = new Headers(answer.response.headers);
  plain.delete("content-encoding");
  return { ...exchange, answer: { ...answer, response: new Response(text, { headers: plain }) } };

  function wholeAsStream(): string {
    // Throws what is an error, or says nothing while another attempt waits.
    const { usage } = wholeAnswer(body, headers, answerContext(exchange));
    const said = tryParseJson(redactJson(body, secretsOf(upstream)));
    if (isFramed(endpoint) && isObject(said) && Array.isArray(said["choices"]) && said["choices"].length > 0) {
      return streamOfAnswer(said, endpoint, envelopeOf(exchange));
    }
    const message = `${upstream.name} answered a request for a stream with something else.`;
    throw invalidResponse(message, undefined, usage);
  }
}

function answerContext({ request, upstream }: Exchange): AnswerContext {
  return {
    provider: upstream.name,
    quirks: upstream.quirks,
    secrets: secretsOf(upstream),
    fallbackWaiting: request.fallbackWaiting ?? false,
  };
}

/** For what an answer in the other framing does not say of itself. */
function envelopeOf({ request }: Exchange): AnswerEnvelope {
  const created = Math.floor(Date.now() / 1000);
  return { id: `chatcmpl-${crypto.randomUUID()}`, created, model: request.requestedModel };
}

function isFramed(endpoint: Endpoint): endpoint is FramedEndpoint {
  return endpoint === "/chat/completions" || endpoint === "/completions";
}
