import type { RelayReply } from "@ai-proxy/shared/contract/relay";
import { jsonReply } from "@ai-proxy/shared/upstream/reply";
import { embeddingList } from "./embedding-list.ts";
import { embeddingRuns } from "./embedding-runs.ts";
import type { ModelAttempt } from "./model-attempt.ts";
import { answerBody } from "./run.ts";
import { inLanes } from "./run-in-lanes.ts";

/** POST /v1/embeddings: a run of the model for as many texts as it takes. */
export async function embeddings(attempt: ModelAttempt): Promise<RelayReply> {
  const { body, request } = attempt;
  const runs = embeddingRuns(body, request.model);
  const answers = await inLanes(
    runs.map(
      ({ inputs }) =>
        () =>
          attempt.run(inputs),
    ),
  );
  const list = embeddingList(answers.map(answerBody), {
    runs,
    model: request.requestedModel,
    encodingFormat: body["encoding_format"],
  });
  const gatewayLogId = answers[0]?.gatewayLogId;
  return jsonReply(list.body, list.usage, {
    usageEstimated: list.usageEstimated,
    ...(gatewayLogId !== undefined && { gatewayLogId }),
  });
}
