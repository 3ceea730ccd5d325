import { EXTENSION_FIELDS } from "@ai-proxy/shared/contract/relay";
import { badRequest, invalidResponse } from "@ai-proxy/shared/errors";
import { toBase64Vector } from "@ai-proxy/shared/formats/base64-vector";
import type { Usage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { estimateTokens } from "@ai-proxy/shared/upstream/estimate";
import { EMBEDDING_OPTION_FIELDS, readEmbeddingOptions } from "./embedding-options.ts";
import { answeredError, PROVIDER, unreadable } from "./errors.ts";
import { asNumber, at, objectsIn } from "./read.ts";

/** Texts in one batchEmbedContents call. Source: ai.google.dev/api/embeddings */
const BATCH = 100;
/** Texts in one request of OpenAI's. */
const MOST_INPUTS = 2_048;

/** An OpenAI embeddings request as it is run at Gemini. */
export interface EmbeddingPlan {
  /** Bodies of batchEmbedContents, in order. */
  batches: JsonObject[];
  encoding: "float" | "base64";
  /** Vectors of fewer dimensions than the model's own have to be brought to length 1 again. */
  shortened: boolean;
  /** Not every model counts tokens for embeddings at this API: these are estimated. */
  estimatedTokens: number;
  /** Fields that the client gave and Gemini has nothing for. */
  ignored: string[];
}

/** Fields that are read here, or are the gateway's. */
const FIELDS: ReadonlySet<string> = new Set([
  "input",
  "model",
  "encoding_format",
  ...EMBEDDING_OPTION_FIELDS,
  ...EXTENSION_FIELDS,
]);

/**
 * `{"input":["a","b"],"dimensions":256}` → one batch of two. Throws a 400 that names the field.
 * @param modelPath "models/gemini-embedding-001"
 */
export function readEmbeddingRequest(text: string, modelPath: string): EmbeddingPlan {
  const body = tryParseJson(text);
  if (!isObject(body)) throw badRequest("The body must be a JSON object.");
  const ignored = Object.keys(body).filter((name) => !FIELDS.has(name) && body[name] !== null);
  const options = readEmbeddingOptions(body, ignored);
  const encoding = body["encoding_format"] ?? "float";
  if (encoding !== "float" && encoding !== "base64") {
    throw badRequest("encoding_format must be float or base64.", "encoding_format", "invalid_value");
  }
  const inputs = inputTexts(body["input"]);
  const requests = inputs.map((input) => ({
    model: modelPath,
    content: { parts: [{ text: input }] },
    ...options,
  }));
  const batches: JsonObject[] = [];
  for (let from = 0; from < requests.length; from += BATCH)
    batches.push({ requests: requests.slice(from, from + BATCH) });
  const estimatedTokens = inputs.reduce((sum, input) => sum + estimateTokens(input), 0);
  return { batches, encoding, shortened: options.outputDimensionality !== undefined, estimatedTokens, ignored };
}

function inputTexts(input: unknown): string[] {
  const list: unknown[] = Array.isArray(input) ? input : [input];
  if (list.length === 0) throw badRequest("input must not be empty.", "input", "invalid_value");
  if (list.length > MOST_INPUTS && list.every((one) => typeof one === "string")) {
    throw badRequest(`input may hold at most ${MOST_INPUTS} texts.`, "input", "array_above_max_length");
  }
  return list.map((text, index) => {
    const param = Array.isArray(input) ? `input[${index}]` : "input";
    if (typeof text !== "string") {
      throw badRequest(
        "Gemini embeds texts, not token ids: send a string or a list of strings.",
        param,
        "invalid_type",
      );
    }
    if (text === "") throw badRequest(`${param} must not be empty.`, param, "invalid_value");
    return text;
  });
}

export interface EmbeddingAnswer {
  /** OpenAI's list of embeddings. */
  body: JsonObject;
  usage: Usage;
  usageEstimated: boolean;
}

/** The answers of the plan's batches, in order → OpenAI's embedding list. */
export function toEmbeddingList(plan: EmbeddingPlan, answers: readonly unknown[], model: string): EmbeddingAnswer {
  const data = answers.flatMap((answer) => vectors(answer));
  const expected = plan.batches.reduce((sum, batch) => sum + objectsIn(batch["requests"]).length, 0);
  if (data.length !== expected)
    throw invalidResponse(`${PROVIDER} returned ${data.length} embeddings for ${expected} texts.`);
  const counts = answers.map((answer) => asNumber(at(answer, "usageMetadata", "promptTokenCount")) ?? 0);
  const counted = counts.every((count) => count > 0);
  const promptTokens = counted ? counts.reduce((sum, count) => sum + count, 0) : plan.estimatedTokens;
  return {
    body: {
      object: "list",
      data: data.map((vector, index) => ({ object: "embedding", index, embedding: encode(vector, plan) })),
      model,
      usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
    },
    usage: { promptTokens, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 },
    usageEstimated: !counted,
  };
}

function vectors(answer: unknown): number[][] {
  if (!isObject(answer)) throw unreadable();
  const error = answeredError(answer);
  if (error !== null) throw error;
  return objectsIn(answer["embeddings"]).map(({ values }) => {
    if (Array.isArray(values) && values.every((value) => typeof value === "number")) return values;
    throw unreadable();
  });
}

function encode(vector: number[], { encoding, shortened }: EmbeddingPlan): number[] | string {
  const unit = shortened ? toLengthOne(vector) : vector;
  return encoding === "base64" ? toBase64Vector(unit) : unit;
}

/** OpenAI's vectors all have length 1; Gemini's only at full size. */
function toLengthOne(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}
