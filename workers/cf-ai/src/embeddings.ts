import { badRequest, invalidResponse } from "@ai-proxy/shared/errors";
import { estimateTokens } from "@ai-proxy/shared/estimate";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { fromOpenAIUsage, type Usage } from "@ai-proxy/shared/usage";
import { unwrapResult } from "./output.ts";

/** Most texts of one run: `maxItems` of the models' schemas; the smallest where a model is not known. */
function batchSize(model: string): number {
  return model.startsWith("@cf/baai/bge-") ? 100 : 32;
}

/** OpenAI's limit of inputs. */
const MOST_INPUTS = 2_048;

/** Fields that say nothing to a model: OpenAI's that have another place or no meaning here, and the gateway's own. */
const NOT_PASSED = new Set([
  "input",
  "model",
  "encoding_format",
  "dimensions",
  "user",
  "prompt_cache_key",
  "provider",
  "fallbacks",
  "routing",
]);

/** Workers AI's other ways to ask, whose answers are no list of vectors for `input`. */
const OTHER_TASKS = new Set(["text", "queries", "documents", "query", "contexts", "requests"]);

/** One run of the model; fields of the model's own go along in each. */
export interface EmbeddingBatch {
  text: string[];
  [field: string]: unknown;
}

/**
 * An OpenAI embeddings request → the inputs of each run, in order.
 * `{input: ["a", "b"], pooling: "cls"}` → `[{text: ["a", "b"], pooling: "cls"}]`.
 */
export function embeddingInputs(body: JsonObject, model: string): EmbeddingBatch[] {
  if (body["dimensions"] !== undefined && body["dimensions"] !== null) {
    throw badRequest(
      "The embedding models of Workers AI have a fixed number of dimensions. Leave dimensions out.",
      "dimensions",
      "unsupported_parameter",
    );
  }
  const texts = inputTexts(body["input"]);
  const own = ownFields(body);
  const batches: EmbeddingBatch[] = [];
  const size = batchSize(model);
  for (let at = 0; at < texts.length; at += size) batches.push({ ...own, text: texts.slice(at, at + size) });
  return batches;
}

/** The model's own: `pooling` and `truncate_inputs` of bge, `instruction` of qwen3-embedding, those of tomorrow. */
function ownFields(body: JsonObject): JsonObject {
  const own: JsonObject = {};
  for (const [name, value] of Object.entries(body)) {
    if (NOT_PASSED.has(name) || value === null || value === undefined) continue;
    if (OTHER_TASKS.has(name)) {
      throw badRequest(`${name} is not supported here. Put the texts into input.`, name, "unsupported_parameter");
    }
    own[name] = value;
  }
  return own;
}

function inputTexts(input: unknown): string[] {
  if (typeof input === "string" && input !== "") return [input];
  if (!Array.isArray(input) || input.length === 0) {
    throw badRequest("input must be a text or a list of texts, and not empty.", "input", "invalid_type");
  }
  if (input.length > MOST_INPUTS && input.every((one) => typeof one === "string")) {
    throw badRequest(`input may hold at most ${MOST_INPUTS} texts.`, "input", "array_above_max_length");
  }
  return input.map((one: unknown, at) => {
    if (typeof one === "string" && one !== "") return one;
    throw badRequest(
      "Workers AI embeds texts that are not empty; it takes no token ids.",
      `input[${at}]`,
      "invalid_type",
    );
  });
}

/** The outputs of the runs (`{data: [[0.1, …]], shape}`) → OpenAI's list, as numbers or as base64 of little-endian float32. */
export function embeddingList(
  outputs: readonly JsonObject[],
  request: { batches: readonly EmbeddingBatch[]; model: string; encodingFormat: unknown },
): { body: JsonObject; usage: Usage; usageEstimated: boolean } {
  const vectors = outputs.flatMap((output, at) => batchVectors(output, request.batches[at]?.text.length ?? 0));
  const counted = countedTokens(outputs);
  const promptTokens = counted ?? estimatedTokens(request.batches);
  return {
    body: {
      object: "list",
      data: vectors.map((vector, index) => ({
        object: "embedding",
        index,
        embedding: request.encodingFormat === "base64" ? base64Vector(vector) : vector,
      })),
      model: request.model,
      usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
    },
    usage: { promptTokens, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 },
    usageEstimated: counted === undefined,
  };
}

function batchVectors(output: JsonObject, count: number): number[][] {
  const { data } = unwrapResult(output);
  const vectors = Array.isArray(data) ? data.map(vectorOf) : [];
  if (vectors.length !== count || !vectors.every(isVector)) {
    throw invalidResponse(`Workers AI did not answer with ${count} vectors. Is this an embedding model?`);
  }
  return vectors;
}

/** Native models give the vectors alone, OpenAI-shaped ones `{embedding: […], index}` in the order of the texts. */
function vectorOf(row: unknown): unknown {
  return isObject(row) ? row["embedding"] : row;
}

function isVector(value: unknown): value is number[] {
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

function estimatedTokens(batches: readonly EmbeddingBatch[]): number {
  return batches.flatMap(({ text }) => text).reduce((sum, text) => sum + estimateTokens(text), 0);
}

function base64Vector(vector: readonly number[]): string {
  const bytes = new Uint8Array(4 * vector.length);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of vector.entries()) view.setFloat32(4 * at, value, true);
  return btoa(String.fromCharCode(...bytes));
}
