import type { RelayReply, RelayRequest, WholeReply } from "@ai-proxy/shared/contract/relay";
import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { invalidResponse } from "@ai-proxy/shared/errors";
import { headerText } from "@ai-proxy/shared/formats/header-text";
import type { EventParser } from "@ai-proxy/shared/formats/sse";
import { tryParseJson } from "@ai-proxy/shared/json";
import { gatewayLogId } from "@ai-proxy/shared/upstream/ai-gateway";
import { RequestClock } from "@ai-proxy/shared/upstream/clock";
import { estimatePromptTokens } from "@ai-proxy/shared/upstream/estimate";
import type { UpstreamCall } from "@ai-proxy/shared/upstream/fetch";
import { jsonReply } from "@ai-proxy/shared/upstream/reply";
import { type StreamTranslator, translatedStream } from "@ai-proxy/shared/upstream/stream";
import { CallIds } from "./call-ids.ts";
import type { AnswerEnvelope } from "./candidate.ts";
import { PROVIDER } from "./errors.ts";
import { GeminiEventParser } from "./framing.ts";
import { toGeminiRequest } from "./request.ts";
import { type TranslatedAnswer, toChatCompletion } from "./response.ts";
import { GeminiStream } from "./stream.ts";
import type { GeminiApi } from "./upstream.ts";

export type WaitUntil = (promise: Promise<unknown>) => void;

/** POST /v1/chat/completions */
export async function chat(request: RelayRequest, api: GeminiApi, waitUntil: WaitUntil): Promise<RelayReply> {
  const clock = new RequestClock(request.deadlines);
  const { request: body, ignored } = toGeminiRequest(bodyText(request.body), request.model);
  if (!request.stream) {
    const answer = await askWhole(request, body, api, clock);
    return answerReply(answer.body, [answer], ignored);
  }
  const callIds = newCallIds(api.signaturesInCallIds);
  const call = await api.call(request, "streamGenerateContent", body, clock);
  const envelope = chatEnvelope(request);
  const translator = new GeminiStream({
    envelope,
    includeUsage: request.includeUsage,
    callIds,
    estimatePrompt: () => estimatePromptTokens(bodyText(request.body)),
  });
  const parser = new GeminiEventParser();
  return streamReply({ request, clock, translator, parser, ignored, waitUntil, ...streamBody(call) });
}

/** A whole answer of Gemini's, in OpenAI's shape. */
export interface WholeAnswer extends TranslatedAnswer {
  gatewayLogId: string | undefined;
}

export async function askWhole(
  request: RelayRequest,
  body: unknown,
  api: GeminiApi,
  clock: RequestClock,
): Promise<WholeAnswer> {
  const callIds = newCallIds(api.signaturesInCallIds);
  const { text, headers } = await api.callWhole(request, "generateContent", body, clock);
  const answer = toChatCompletion(tryParseJson(text), chatEnvelope(request), callIds);
  return { ...answer, gatewayLogId: gatewayLogId(headers) };
}

/** The reply for an OpenAI-shaped body that came of one or several answers. */
export function answerReply(body: unknown, answers: readonly WholeAnswer[], ignored: readonly string[]): WholeReply {
  const [last] = answers.slice(-1);
  return jsonReply(body, last?.usage ?? null, {
    headers: ignoredHeader(ignored),
    ...(last?.servedModel !== undefined && { servedModel: last.servedModel }),
    ...(last?.gatewayLogId !== undefined && { gatewayLogId: last.gatewayLogId }),
  });
}

export interface StreamParts {
  request: RelayRequest;
  clock: RequestClock;
  translator: StreamTranslator;
  parser: EventParser;
  ignored: readonly string[];
  waitUntil: WaitUntil;
  upstream: ReadableStream<Uint8Array>;
  abort(): void;
  logId: string | undefined;
}

export async function streamReply(parts: StreamParts): Promise<RelayReply> {
  const { request, clock, translator, parser, ignored, waitUntil, upstream, abort, logId } = parts;
  const reply = await translatedStream({
    provider: PROVIDER,
    upstream,
    translator,
    parser,
    holdForContent: request.fallbackWaiting ?? false,
    deadlines: clock.stream(),
    abortUpstream: abort,
    waitUntil,
    headers: ignoredHeader(ignored),
    ...(logId !== undefined && { gatewayLogId: logId }),
  });
  // The first event names the version that serves.
  const { servedModel } = translator;
  if (servedModel !== undefined) reply.response.headers.set("x-gateway-model", headerText(servedModel));
  return reply;
}

export function streamBody(call: UpstreamCall): Pick<StreamParts, "upstream" | "abort" | "logId"> {
  const { body, headers } = call.response;
  if (body === null) throw invalidResponse("Gemini answered without a body.");
  return { upstream: body, abort: call.abort, logId: gatewayLogId(headers) };
}

export function chatEnvelope({ requestId, requestedModel }: RelayRequest): AnswerEnvelope {
  return { id: `chatcmpl-${requestId}`, created: Math.floor(Date.now() / 1000), model: requestedModel };
}

/** Call ids must not repeat from one turn of a conversation to the next, so they come of chance. */
export function newCallIds(signed = false): CallIds {
  return new CallIds(`call_${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`, signed);
}

/** Says which fields of the request Gemini has nothing for; names that are no names are left out. */
export function ignoredHeader(fields: readonly string[]): Record<string, string> {
  const names = fields.filter((name) => /^\w{1,64}$/.test(name)).slice(0, 20);
  return names.length === 0 ? {} : { "x-gateway-ignored": names.join(", ") };
}
