import type { RelayReply, RelayRequest } from "@ai-proxy/shared/contract/relay";
import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { mergeCompletions, readCompletionRequest } from "@ai-proxy/shared/formats/completions";
import {
  CompletionStream,
  type CompletionStreamOptions,
  joinedCalls,
  PromptsParser,
} from "@ai-proxy/shared/formats/completions-stream";
import { RequestClock } from "@ai-proxy/shared/upstream/clock";
import { estimatePromptTokens } from "@ai-proxy/shared/upstream/estimate";
import type { AnswerEnvelope } from "./candidate.ts";
import {
  answerReply,
  askWhole,
  chatEnvelope,
  newCallIds,
  streamBody,
  streamReply,
  type WaitUntil,
  type WholeAnswer,
} from "./chat.ts";
import { GeminiEventParser } from "./framing.ts";
import { type TranslatedRequest, toGeminiRequest } from "./request.ts";
import { GeminiStream } from "./stream.ts";
import type { GeminiApi } from "./upstream.ts";

/** POST /v1/completions, as a chat for each prompt: Gemini has no such API. */
export async function completions(request: RelayRequest, api: GeminiApi, waitUntil: WaitUntil): Promise<RelayReply> {
  const clock = new RequestClock(request.deadlines);
  const plan = readCompletionRequest(bodyText(request.body));
  const prompts = plan.prompts.map(({ chat }) => promptRequest(chat, request.model));
  const ignored = prompts[0]?.ignored ?? [];
  const envelope = { ...chatEnvelope(request), id: `cmpl-${request.requestId}` };
  if (!request.stream) {
    const answers: WholeAnswer[] = [];
    for (const { request: body } of prompts) answers.push(await askWhole(request, body, api, clock));
    const merged = mergeCompletions(
      plan,
      answers.map(({ body }) => body),
      envelope,
    );
    return { ...answerReply(merged.body, answers, ignored), usage: merged.usage };
  }
  let logId: string | undefined;
  const { body, abort, skip } = await joinedCalls(
    prompts.map(({ request: prompt }) => async (dropped) => {
      const asking = dropped === undefined ? request : { ...request, cancelled: dropped };
      const { upstream, abort, logId: id } = streamBody(await api.call(asking, "streamGenerateContent", prompt, clock));
      logId ??= id;
      return { body: upstream, abort };
    }),
  );
  const translator = completionTranslator(request, { plan, envelope, skip });
  const parser = new PromptsParser(() => new GeminiEventParser());
  return streamReply({ request, clock, translator, parser, ignored, waitUntil, upstream: body, abort, logId });
}

/** A prompt is its chat's only message: what is wrong with that is wrong with the prompt. */
function promptRequest(chat: string, model: string): TranslatedRequest {
  try {
    return toGeminiRequest(chat, model);
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.param?.startsWith("messages") !== true) throw thrown;
    throw badRequest("prompt must not be empty: Gemini answers texts only.", "prompt", "invalid_value");
  }
}

function completionTranslator(
  request: RelayRequest,
  { plan, envelope, skip }: Pick<CompletionStreamOptions, "plan" | "skip"> & { envelope: AnswerEnvelope },
): CompletionStream {
  return new CompletionStream({
    plan,
    envelope,
    includeUsage: request.includeUsage,
    skip,
    chatTranslator: () =>
      new GeminiStream({
        envelope,
        includeUsage: false,
        callIds: newCallIds(),
        estimatePrompt: () => Math.ceil(estimatePromptTokens(bodyText(request.body)) / plan.prompts.length),
      }),
  });
}
