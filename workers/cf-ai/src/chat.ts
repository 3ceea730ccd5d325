import type { RelayReply } from "@ai-proxy/shared/contract/relay";
import { ChatStreamWriter, chatCompletion } from "@ai-proxy/shared/formats/chat-writer";
import { callFormOf } from "@ai-proxy/shared/formats/legacy-functions";
import { estimatePromptTokens } from "@ai-proxy/shared/upstream/estimate";
import { jsonReply } from "@ai-proxy/shared/upstream/reply";
import { convertedStream } from "@ai-proxy/shared/upstream/stream";
import { WrittenAnswers } from "@ai-proxy/shared/upstream/stream-translator";
import { AnswerTranslator, type AnswerTranslatorOptions } from "./answer-translator.ts";
import { isCatalog } from "./dialect.ts";
import { demandedTools } from "./leaked-calls.ts";
import type { ModelAttempt } from "./model-attempt.ts";
import { integer } from "./output-rows.ts";
import { PROVIDER } from "./provider.ts";
import { chatInputs } from "./request.ts";
import { answerBody, answerStream } from "./run.ts";
import { stopSequences } from "./stop-sequences.ts";
import { readWholeAnswer } from "./whole-answer.ts";

/** POST /v1/chat/completions */
export async function chat(attempt: ModelAttempt): Promise<RelayReply> {
  const { request, body, text } = attempt;
  const envelope = { id: `chatcmpl-${crypto.randomUUID()}`, created: attempt.created, model: request.requestedModel };
  const options: Omit<AnswerTranslatorOptions, "whole"> = {
    refuseEmpty: request.fallbackWaiting === true,
    stops: stopSequences(body["stop"]),
    demanded: demandedTools(body),
    catalog: isCatalog(request.model),
    n: integer(body["n"]) ?? 1,
    startedAt: attempt.startedAt,
  };
  // Another vendor's model was sent the old form, and answers in it.
  const callForm = options.catalog ? "tools" : callFormOf(body);
  const estimatePrompt = () => estimatePromptTokens(text);
  const answer = await attempt.run(chatInputs(body, { model: request.model, stream: request.stream, text }));
  const { gatewayLogId } = answer;
  const logged = gatewayLogId !== undefined && { gatewayLogId };
  if (request.stream) {
    return convertedStream({
      provider: PROVIDER,
      attempt: attempt.attempt,
      upstream: { body: answerStream(answer), abort: answer.abort },
      converter: new WrittenAnswers({
        writer: new ChatStreamWriter(envelope, request.includeUsage, callForm),
        translator: () => new AnswerTranslator({ ...options, whole: false }),
        estimatePrompt,
        showEstimates: true,
      }),
      holdForContent: request.fallbackWaiting === true,
      deadlines: attempt.streamDeadlines(),
      waitUntil: attempt.waitUntil,
      ...logged,
    });
  }
  const whole = readWholeAnswer(answerBody(answer), options, estimatePrompt);
  const { usage, usageEstimated, servedModel } = whole;
  return jsonReply(chatCompletion(whole, envelope, callForm), usage, {
    usageEstimated,
    ...(servedModel !== undefined && { servedModel }),
    ...logged,
  });
}
