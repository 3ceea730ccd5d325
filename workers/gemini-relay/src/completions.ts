import type { RelayReply, RelayRequest } from "@ai-proxy/shared/contract/relay";
import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { readCompletionRequest } from "@ai-proxy/shared/formats/completion-request";
import { CompletionStreamWriter, textCompletion } from "@ai-proxy/shared/formats/completion-writer";
import { sumUsage } from "@ai-proxy/shared/formats/usage";
import { estimatePromptTokens } from "@ai-proxy/shared/upstream/estimate";
import { withUsageBefore } from "@ai-proxy/shared/upstream/reply";
import { WrittenAnswers } from "@ai-proxy/shared/upstream/stream-translator";
import { AnswerTranslator } from "./answer-translator.ts";
import {
  answerReply,
  askWhole,
  chatEnvelope,
  newCallIds,
  streamOf,
  streamReply,
  type WaitUntil,
  type WholeAnswer,
} from "./chat.ts";
import { type TranslatedRequest, toGeminiRequest } from "./request.ts";
import type { GeminiApi } from "./upstream.ts";

/** POST /v1/completions, as a chat for each prompt: Gemini has no such API. */
export async function completions(request: RelayRequest, api: GeminiApi, waitUntil: WaitUntil): Promise<RelayReply> {
  const plan = readCompletionRequest(bodyText(request.body));
  const [first, ...others] = plan.prompts.map(({ chat }) => promptRequest(chat, request.model));
  if (first === undefined) throw badRequest("prompt must hold at least one text.", "prompt", "invalid_value");
  const { ignored } = first;
  const envelope = { ...chatEnvelope(request), id: `cmpl-${request.requestId}` };
  if (!request.stream) {
    const answers = await askInTurn([first, ...others], (body) => askWhole(request, body, api));
    const usage = sumUsage(answers.map((answer) => answer.usage));
    return answerReply(textCompletion(plan, answers, usage, envelope), answers, { usage, ignored });
  }
  const converter = new WrittenAnswers({
    writer: new CompletionStreamWriter(plan, envelope, request.includeUsage),
    translator: () => new AnswerTranslator({ callIds: newCallIds(), whole: false }),
    estimatePrompt: (prompt) => estimatePromptTokens(plan.prompts[prompt]?.chat ?? ""),
    showEstimates: true,
  });
  const open = async ({ request: body }: TranslatedRequest, dropped: RelayRequest["cancelled"]) =>
    streamOf(await api.ask({ ...request, ...(dropped && { cancelled: dropped }) }, "streamGenerateContent", body));
  const upstream = await open(first, request.cancelled);
  const later = others.map((prompt) => (dropped: () => Promise<void>) => open(prompt, dropped));
  return streamReply({ request, attempt: api.attempt, upstream, later, converter, ignored, waitUntil });
}

/** An answer for each prompt. One that fails fails them all, and those before it have cost their tokens. */
async function askInTurn(
  prompts: readonly TranslatedRequest[],
  ask: (body: unknown) => Promise<WholeAnswer>,
): Promise<WholeAnswer[]> {
  const answers: WholeAnswer[] = [];
  try {
    for (const { request } of prompts) answers.push(await ask(request));
    return answers;
  } catch (thrown) {
    throw withUsageBefore(thrown, { usage: sumUsage(answers.map(({ usage }) => usage)) });
  }
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
