import type { RelayReply } from "@ai-proxy/shared/contract/relay";
import { badRequest } from "@ai-proxy/shared/errors";
import {
  type CompletionPlan,
  type CompletionPrompt,
  readCompletionRequest,
} from "@ai-proxy/shared/formats/completion-request";
import { CompletionStreamWriter, textCompletion } from "@ai-proxy/shared/formats/completion-writer";
import type { AnswerEnvelope } from "@ai-proxy/shared/formats/stream-writer";
import { sumUsage, type Usage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { estimatePromptTokens } from "@ai-proxy/shared/upstream/estimate";
import { jsonReply, withUsageBefore } from "@ai-proxy/shared/upstream/reply";
import { convertedStream, type UpstreamStream } from "@ai-proxy/shared/upstream/stream";
import { WrittenAnswers } from "@ai-proxy/shared/upstream/stream-translator";
import { AnswerTranslator, type AnswerTranslatorOptions } from "./answer-translator.ts";
import { completionInputs } from "./completion-inputs.ts";
import { isCatalog } from "./dialect.ts";
import type { ModelAttempt } from "./model-attempt.ts";
import { PROVIDER } from "./provider.ts";
import { answerBody, answerStream } from "./run.ts";
import { inLanes } from "./run-in-lanes.ts";
import { stopSequences } from "./stop-sequences.ts";
import { readWholeAnswer, type WholeAnswer } from "./whole-answer.ts";

type PromptOptions = Omit<AnswerTranslatorOptions, "whole">;

/** POST /v1/completions: one run of the model for each prompt. */
export async function completions(attempt: ModelAttempt): Promise<RelayReply> {
  const plan = readCompletionRequest(attempt.text);
  const envelope = {
    id: `cmpl-${crypto.randomUUID()}`,
    created: attempt.created,
    model: attempt.request.requestedModel,
  };
  const options = {
    // Nothing tells a prompt without a continuation from a failure.
    refuseEmpty: false,
    stops: stopSequences(attempt.body["stop"]),
    demanded: new Set<string>(),
    catalog: isCatalog(attempt.request.model),
    n: plan.n,
    startedAt: attempt.startedAt,
  };
  return attempt.request.stream ? streamed(attempt, plan, envelope, options) : whole(attempt, plan, envelope, options);
}

async function whole(
  attempt: ModelAttempt,
  plan: CompletionPlan,
  envelope: AnswerEnvelope,
  options: PromptOptions,
): Promise<RelayReply> {
  const done: WholeAnswer[] = [];
  const runs = await inLanes(
    plan.prompts.map((prompt) => async () => {
      const answer = await attempt.run(inputsOf(attempt, prompt, false));
      const read = readWholeAnswer(answerBody(answer), options, () => estimatePromptTokens(prompt.chat));
      done.push(read);
      return { ...read, gatewayLogId: answer.gatewayLogId };
    }),
  ).catch((thrown: unknown) => {
    throw withUsageBefore(thrown, spentBy(done));
  });
  const { usage, usageEstimated } = spentBy(runs);
  const [first] = runs;
  return jsonReply(textCompletion(plan, runs, usage, envelope), usage, {
    usageEstimated,
    ...(first?.servedModel !== undefined && { servedModel: first.servedModel }),
    ...(first?.gatewayLogId !== undefined && { gatewayLogId: first.gatewayLogId }),
  });
}

function spentBy(runs: readonly WholeAnswer[]): { usage: Usage | null; usageEstimated: boolean } {
  return {
    usage: sumUsage(runs.map(({ usage }) => usage)),
    usageEstimated: runs.some(({ usageEstimated }) => usageEstimated),
  };
}

async function streamed(
  attempt: ModelAttempt,
  plan: CompletionPlan,
  envelope: AnswerEnvelope,
  options: PromptOptions,
): Promise<RelayReply> {
  const { includeUsage, fallbackWaiting, cancelled } = attempt.request;
  const [first, ...others] = plan.prompts;
  if (first === undefined) throw badRequest("prompt must hold at least one text.", "prompt", "invalid_value");
  return convertedStream({
    provider: PROVIDER,
    attempt: attempt.attempt,
    upstream: await openPrompt(attempt, first, cancelled),
    later: others.map((prompt) => (dropped) => openPrompt(attempt, prompt, dropped)),
    converter: new WrittenAnswers({
      writer: new CompletionStreamWriter(plan, envelope, includeUsage),
      translator: () => new AnswerTranslator({ ...options, whole: false }),
      estimatePrompt: (prompt) => estimatePromptTokens(plan.prompts[prompt]?.chat ?? ""),
      showEstimates: true,
    }),
    holdForContent: fallbackWaiting === true,
    deadlines: attempt.streamDeadlines(),
    waitUntil: attempt.waitUntil,
  });
}

async function openPrompt(
  attempt: ModelAttempt,
  prompt: CompletionPrompt,
  dropped: (() => Promise<void>) | undefined,
): Promise<UpstreamStream> {
  const answer = await attempt.run(inputsOf(attempt, prompt, true), dropped);
  return { body: answerStream(answer), abort: answer.abort };
}

function inputsOf(attempt: ModelAttempt, { chat }: CompletionPrompt, stream: boolean): JsonObject {
  const body = tryParseJson(chat);
  return completionInputs(isObject(body) ? body : {}, { model: attempt.request.model, stream, text: chat });
}
