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
import type { Call } from "./call.ts";
import { completionInputs } from "./completion-inputs.ts";
import { isCatalog } from "./dialect.ts";
import { PROVIDER } from "./provider.ts";
import { answerBody, answerStream } from "./run.ts";
import { inLanes } from "./run-in-lanes.ts";
import { stopSequences } from "./stop-sequences.ts";
import { readWholeAnswer, type WholeAnswer } from "./whole-answer.ts";

type PromptOptions = Omit<AnswerTranslatorOptions, "whole">;

/** POST /v1/completions: one run of the model for each prompt. */
export async function completions(call: Call): Promise<RelayReply> {
  const plan = readCompletionRequest(call.text);
  const envelope = {
    id: `cmpl-${crypto.randomUUID()}`,
    created: call.created,
    model: call.request.requestedModel,
  };
  const options = {
    // Nothing tells a prompt without a continuation from a failure.
    refuseEmpty: false,
    stops: stopSequences(call.body["stop"]),
    demanded: new Set<string>(),
    catalog: isCatalog(call.request.model),
    n: plan.n,
    startedAt: call.startedAt,
  };
  return call.request.stream ? streamed(call, plan, envelope, options) : whole(call, plan, envelope, options);
}

async function whole(
  call: Call,
  plan: CompletionPlan,
  envelope: AnswerEnvelope,
  options: PromptOptions,
): Promise<RelayReply> {
  const done: WholeAnswer[] = [];
  const runs = await inLanes(
    plan.prompts.map((prompt) => async () => {
      const answer = await call.run(inputsOf(call, prompt, false));
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
  call: Call,
  plan: CompletionPlan,
  envelope: AnswerEnvelope,
  options: PromptOptions,
): Promise<RelayReply> {
  const { includeUsage, fallbackWaiting, cancelled } = call.request;
  const [first, ...others] = plan.prompts;
  if (first === undefined) throw badRequest("prompt must hold at least one text.", "prompt", "invalid_value");
  return convertedStream({
    provider: PROVIDER,
    attempt: call.attempt,
    upstream: await openPrompt(call, first, cancelled),
    later: others.map((prompt) => (dropped) => openPrompt(call, prompt, dropped)),
    converter: new WrittenAnswers({
      writer: new CompletionStreamWriter(plan, envelope, includeUsage),
      translator: () => new AnswerTranslator({ ...options, whole: false }),
      estimatePrompt: (prompt) => estimatePromptTokens(plan.prompts[prompt]?.chat ?? ""),
      showEstimates: true,
    }),
    holdForContent: fallbackWaiting === true,
    deadlines: call.streamDeadlines(),
    waitUntil: call.waitUntil,
  });
}

async function openPrompt(
  call: Call,
  prompt: CompletionPrompt,
  dropped: (() => Promise<void>) | undefined,
): Promise<UpstreamStream> {
  const answer = await call.run(inputsOf(call, prompt, true), dropped);
  return { body: answerStream(answer), abort: answer.abort };
}

function inputsOf(call: Call, { chat }: CompletionPrompt, stream: boolean): JsonObject {
  const body = tryParseJson(chat);
  return completionInputs(isObject(body) ? body : {}, { model: call.request.model, stream, text: chat });
}
