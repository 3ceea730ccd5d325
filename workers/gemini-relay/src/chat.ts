import type { RelayReply, RelayRequest, WholeReply } from "@ai-proxy/shared/contract/relay";
import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { invalidResponse } from "@ai-proxy/shared/errors";
import type { ChatAnswer } from "@ai-proxy/shared/formats/chat-answer";
import { ChatStreamWriter, chatCompletion } from "@ai-proxy/shared/formats/chat-writer";
import { headerText } from "@ai-proxy/shared/formats/header-text";
import type { AnswerEnvelope } from "@ai-proxy/shared/formats/stream-writer";
import type { Usage } from "@ai-proxy/shared/formats/usage";
import { tryParseJson } from "@ai-proxy/shared/json";
import { gatewayLogId } from "@ai-proxy/shared/upstream/ai-gateway";
import type { Attempt } from "@ai-proxy/shared/upstream/attempt";
import { estimatePromptTokens } from "@ai-proxy/shared/upstream/estimate";
import type { UpstreamAnswer } from "@ai-proxy/shared/upstream/fetch";
import { jsonReply } from "@ai-proxy/shared/upstream/reply";
import { convertedStream, type OpenStream, type UpstreamStream } from "@ai-proxy/shared/upstream/stream";
import { WrittenAnswers } from "@ai-proxy/shared/upstream/stream-translator";
import { AnswerTranslator } from "./answer-translator.ts";
import { CallIds } from "./call-ids.ts";
import { PROVIDER } from "./errors.ts";
import { GeminiEventParser } from "./event-parser.ts";
import { toGeminiRequest } from "./request.ts";
import type { GeminiApi } from "./upstream.ts";
import { readWholeAnswer } from "./whole-answer.ts";

export type WaitUntil = (promise: Promise<unknown>) => void;

/** POST /v1/chat/completions */
export async function chat(request: RelayRequest, api: GeminiApi, waitUntil: WaitUntil): Promise<RelayReply> {
  const { request: body, ignored, callForm } = toGeminiRequest(bodyText(request.body), request.model);
  const envelope = chatEnvelope(request);
  if (!request.stream) {
    const answer = await askWhole(request, body, api);
    return answerReply(chatCompletion(answer, envelope, callForm), [answer], { usage: answer.usage, ignored });
  }
  const callIds = newCallIds(api.signaturesInCallIds);
  const converter = new WrittenAnswers({
    writer: new ChatStreamWriter(envelope, request.includeUsage, callForm),
    translator: () => new AnswerTranslator({ callIds, whole: false }),
    estimatePrompt: () => estimatePromptTokens(bodyText(request.body)),
    showEstimates: false,
  });
  const upstream = streamOf(await api.ask(request, "streamGenerateContent", body));
  return streamReply({ request, attempt: api.attempt, upstream, converter, ignored, waitUntil });
}

/** A whole answer of Gemini's. */
export interface WholeAnswer extends ChatAnswer {
  gatewayLogId: string | undefined;
}

export async function askWhole(request: RelayRequest, body: unknown, api: GeminiApi): Promise<WholeAnswer> {
  const callIds = newCallIds(api.signaturesInCallIds);
  const { text, headers } = await api.askForText(request, "generateContent", body);
  return { ...readWholeAnswer(tryParseJson(text), callIds), gatewayLogId: gatewayLogId(headers) };
}

/** The reply for an OpenAI-shaped body that came of one or several answers. */
export function answerReply(
  body: unknown,
  answers: readonly WholeAnswer[],
  { usage, ignored }: { usage: Usage | null; ignored: readonly string[] },
): WholeReply {
  const [last] = answers.slice(-1);
  return jsonReply(body, usage, {
    headers: ignoredHeader(ignored),
    ...(last?.servedModel !== undefined && { servedModel: last.servedModel }),
    ...(last?.gatewayLogId !== undefined && { gatewayLogId: last.gatewayLogId }),
  });
}

/** A provider's stream with the AI Gateway's id of its log entry. */
export interface LoggedStream extends UpstreamStream {
  logId: string | undefined;
}

export interface StreamParts {
  request: RelayRequest;
  attempt: Attempt;
  upstream: LoggedStream;
  later?: readonly OpenStream[];
  converter: WrittenAnswers;
  ignored: readonly string[];
  waitUntil: WaitUntil;
}

export async function streamReply(parts: StreamParts): Promise<RelayReply> {
  const { request, attempt, upstream, later = [], converter, ignored, waitUntil } = parts;
  const { logId } = upstream;
  const reply = await convertedStream({
    provider: PROVIDER,
    attempt,
    upstream,
    later,
    converter,
    newParser: (most) => new GeminiEventParser(most),
    holdForContent: request.fallbackWaiting ?? false,
    deadlines: attempt.clock.stream(),
    waitUntil,
    headers: ignoredHeader(ignored),
    ...(logId !== undefined && { gatewayLogId: logId }),
  });
  // The first event names the version that serves.
  const { servedModel } = converter;
  if (servedModel !== undefined) reply.response.headers.set("x-gateway-model", headerText(servedModel));
  return reply;
}

export function streamOf({ response: { body, headers }, abort }: UpstreamAnswer): LoggedStream {
  if (body === null) throw invalidResponse("Gemini answered without a body.");
  return { body, abort, logId: gatewayLogId(headers) };
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
