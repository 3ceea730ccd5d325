import type { RelayRequest, WholeReply } from "@ai-proxy/shared/contract/relay";
import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { tryParseJson } from "@ai-proxy/shared/json";
import { jsonReply } from "@ai-proxy/shared/upstream/reply";
import { ignoredHeader } from "./chat.ts";
import { readEmbeddingRequest, toEmbeddingList } from "./embeddings.ts";
import { modelPath } from "./model.ts";
import type { GeminiApi } from "./upstream.ts";

/** POST /v1/embeddings */
export async function embed(request: RelayRequest, api: GeminiApi): Promise<WholeReply> {
  const plan = readEmbeddingRequest(bodyText(request.body), modelPath(request.model));
  const answers: unknown[] = [];
  for (const batch of plan.batches) {
    answers.push(tryParseJson((await api.askForText(request, "batchEmbedContents", batch)).text));
  }
  const { body, usage, usageEstimated } = toEmbeddingList(plan, answers, request.requestedModel);
  return jsonReply(body, usage, { usageEstimated, headers: ignoredHeader(plan.ignored) });
}
