import { invalidResponse } from "@ai-proxy/shared/errors";
import { toBase64Vector } from "@ai-proxy/shared/formats/base64-vector";
import { fromOpenAIUsage, type Usage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { EmbeddingRun } from "./embedding-runs.ts";
import { unwrapResult } from "./output-rows.ts";

type Vector = number[] | string;

/** The outputs of the runs (`{data: [[0.1, …]], shape}`) → OpenAI's list, as numbers or as base64 of little-endian float32. */
export function embeddingList(
  outputs: readonly JsonObject[],
  request: { runs: readonly EmbeddingRun[]; model: string; encodingFormat: unknown },
): { body: JsonObject; usage: Usage; usageEstimated: boolean } {
  const base64 = request.encodingFormat === "base64";
  const vectors = request.runs.flatMap(({ count }, at) => runVectors(outputs[at] ?? {}, count, base64));
  const counted = countedTokens(outputs);
  const promptTokens = counted ?? request.runs.reduce((sum, run) => sum + run.estimate(), 0);
  return {
    body: {
      object: "list",
      data: vectors.map((vector, index) => ({
        object: "embedding",
        index,
        embedding: base64 && typeof vector !== "string" ? toBase64Vector(vector) : vector,
      })),
      model: request.model,
      usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
    },
    usage: { promptTokens, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 },
    usageEstimated: counted === undefined,
  };
}

function runVectors(output: JsonObject, count: number, base64: boolean): Vector[] {
  const { data } = unwrapResult(output);
  const vectors = Array.isArray(data) ? data.map(vectorOf) : [];
  const isVector = (value: unknown): value is Vector => isNumbers(value) || (base64 && typeof value === "string");
  if (vectors.length !== count || !vectors.every(isVector)) {
    throw invalidResponse(`Workers AI did not answer with ${count} vectors. Is this an embedding model?`);
  }
  return vectors;
}

/** Native models give the vectors alone, OpenAI-shaped ones `{embedding: […], index}` in the order of the texts. */
function vectorOf(row: unknown): unknown {
  return isObject(row) ? row["embedding"] : row;
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && typeof value[0] === "number";
}

/** Undefined unless every run was counted. */
function countedTokens(outputs: readonly JsonObject[]): number | undefined {
  let sum = 0;
  for (const output of outputs) {
    const usage = fromOpenAIUsage(output["usage"]);
    if (usage === null) return undefined;
    sum += usage.promptTokens;
  }
  return sum;
}
