import type { RelayReply } from "@ai-proxy/shared/contract/relay";
import { estimatePromptTokens } from "@ai-proxy/shared/upstream/estimate";
import { jsonReply } from "@ai-proxy/shared/upstream/reply";
import { translatedStream } from "@ai-proxy/shared/upstream/stream";
import type { Call } from "./call.ts";
import { isCatalog } from "./dialect.ts";
import { demandedTools } from "./leaked-calls.ts";
import { integer } from "./output.ts";
import { PROVIDER } from "./provider.ts";
import { chatInputs } from "./request.ts";
import { type CompletionOptions, chatCompletion } from "./response.ts";
import { answerBody, answerStream } from "./run.ts";
import { stopSequences } from "./stop.ts";
import { WorkersAiStream } from "./stream.ts";

/** POST /v1/chat/completions */
export async function chat(call: Call): Promise<RelayReply> {
  const { request, body, text } = call;
  const options: CompletionOptions = {
    envelope: { id: `chatcmpl-${crypto.randomUUID()}`, created: call.created, model: request.requestedModel },
    estimatePrompt: () => estimatePromptTokens(text),
    refuseEmpty: request.fallbackWaiting === true,
    stops: stopSequences(body["stop"]),
    demanded: demandedTools(body),
    catalog: isCatalog(request.model),
  };
  const answer = await call.run(chatInputs(body, { model: request.model, stream: request.stream, text }));
  const { gatewayLogId } = answer;
  if (request.stream) {
    return translatedStream({
      provider: PROVIDER,
      upstream: answerStream(answer),
      translator: new WorkersAiStream({ ...options, includeUsage: request.includeUsage, n: integer(body["n"]) ?? 1 }),
      holdForContent: request.fallbackWaiting === true,
      deadlines: call.streamDeadlines(),
      abortUpstream: answer.abort,
      waitUntil: call.waitUntil,
      ...(gatewayLogId !== undefined && { gatewayLogId }),
    });
  }
  const completion = chatCompletion(answerBody(answer), options);
  return jsonReply(completion.body, completion.usage, {
    usageEstimated: completion.usageEstimated,
    ...(completion.servedModel !== undefined && { servedModel: completion.servedModel }),
    ...(gatewayLogId !== undefined && { gatewayLogId }),
  });
}
