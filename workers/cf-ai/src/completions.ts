import type { RelayReply } from "@ai-proxy/shared/contract/relay";
import {
  type CompletionPlan,
  type CompletionPrompt,
  mergeCompletions,
  readCompletionRequest,
} from "@ai-proxy/shared/formats/completions";
import {
  CompletionStream,
  joinedCalls,
  type PromptCall,
  PromptsParser,
} from "@ai-proxy/shared/formats/completions-stream";
import { SseParser } from "@ai-proxy/shared/formats/sse";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { estimatePromptTokens } from "@ai-proxy/shared/upstream/estimate";
import { jsonReply } from "@ai-proxy/shared/upstream/reply";
import { translatedStream } from "@ai-proxy/shared/upstream/stream";
import type { Call } from "./call.ts";
import { completionInputs } from "./completion-inputs.ts";
import { isCatalog } from "./dialect.ts";
import { inLanes } from "./lanes.ts";
import { PROVIDER } from "./provider.ts";
import { type CompletionOptions, chatCompletion } from "./response.ts";
import { answerBody, answerStream } from "./run.ts";
import { stopSequences } from "./stop.ts";
import { WorkersAiStream } from "./stream.ts";

/** POST /v1/completions: one run of the model for each prompt. */
export async function completions(call: Call): Promise<RelayReply> {
  const plan = readCompletionRequest(call.text);
  const envelope = {
    id: `cmpl-${crypto.randomUUID()}`,
    created: call.created,
    model: call.request.requestedModel,
  };
  const options = promptOptions(call);
  return call.request.stream ? streamed(call, plan, envelope, options) : whole(call, plan, envelope, options);
}

type Envelope = CompletionOptions["envelope"];

/** Empty answers pass here: nothing tells a prompt without a continuation from a failure. */
function promptOptions(call: Call): Omit<CompletionOptions, "estimatePrompt"> {
  return {
    envelope: { id: "", created: call.created, model: call.request.requestedModel },
    refuseEmpty: false,
    stops: stopSequences(call.body["stop"]),
    demanded: new Set(),
    catalog: isCatalog(call.request.model),
  };
}

async function whole(
  call: Call,
  plan: CompletionPlan,
  envelope: Envelope,
  options: Omit<CompletionOptions, "estimatePrompt">,
): Promise<RelayReply> {
  const runs = await inLanes(
    plan.prompts.map((prompt) => async () => {
      const answer = await call.run(inputsOf(call, prompt, false));
      const completion = chatCompletion(answerBody(answer), { ...options, estimatePrompt: promptEstimate(prompt) });
      return { ...completion, gatewayLogId: answer.gatewayLogId };
    }),
  );
  const { body, usage } = mergeCompletions(
    plan,
    runs.map((run) => run.body),
    envelope,
  );
  const [first] = runs;
  return jsonReply(body, usage, {
    usageEstimated: runs.some((run) => run.usageEstimated),
    ...(first?.servedModel !== undefined && { servedModel: first.servedModel }),
    ...(first?.gatewayLogId !== undefined && { gatewayLogId: first.gatewayLogId }),
  });
}

async function streamed(
  call: Call,
  plan: CompletionPlan,
  envelope: Envelope,
  options: Omit<CompletionOptions, "estimatePrompt">,
): Promise<RelayReply> {
  const { includeUsage, fallbackWaiting } = call.request;
  const upcoming = plan.prompts.values();
  const { body, abort, skip } = await joinedCalls(
    plan.prompts.map((prompt) => (dropped) => openPrompt(call, prompt, dropped)),
  );
  return translatedStream({
    provider: PROVIDER,
    upstream: body,
    translator: new CompletionStream({
      plan,
      envelope,
      includeUsage,
      skip,
      chatTranslator: () => {
        const estimatePrompt = promptEstimate(upcoming.next().value);
        return new WorkersAiStream({ ...options, estimatePrompt, includeUsage: false, n: plan.n });
      },
    }),
    parser: new PromptsParser(() => new SseParser()),
    holdForContent: fallbackWaiting === true,
    deadlines: call.streamDeadlines(),
    abortUpstream: abort,
    waitUntil: call.waitUntil,
  });
}

async function openPrompt(
  call: Call,
  prompt: CompletionPrompt,
  dropped: (() => Promise<void>) | undefined,
): Promise<PromptCall> {
  const answer = await call.run(inputsOf(call, prompt, true), dropped);
  return { body: answerStream(answer), abort: answer.abort };
}

function inputsOf(call: Call, { chat }: CompletionPrompt, stream: boolean): JsonObject {
  const body = tryParseJson(chat);
  return completionInputs(isObject(body) ? body : {}, { model: call.request.model, stream, text: chat });
}

function promptEstimate(prompt: CompletionPrompt | undefined): () => number {
  return () => estimatePromptTokens(prompt?.chat ?? "");
}
