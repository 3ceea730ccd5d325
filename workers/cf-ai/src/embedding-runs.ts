import { EXTENSION_FIELDS } from "@ai-proxy/shared/contract/relay";
import { badRequest } from "@ai-proxy/shared/errors";
import type { JsonObject } from "@ai-proxy/shared/json";
import { embeddingBatch } from "@ai-proxy/shared/registry/cloudflare";
import { estimateTokens } from "@ai-proxy/shared/upstream/estimate";
import { catalogInputs } from "./catalog.ts";
import { dialectOf } from "./dialect.ts";

/** One run of a model. */
export interface EmbeddingRun {
  inputs: JsonObject;
  /** How many vectors it gives. */
  count: number;
  /** Tokens of its texts. */
  estimate: () => number;
}

/** OpenAI's limit of inputs. */
const MOST_INPUTS = 2_048;

/** A run is a subrequest, of which the free plan has 50 a request. Source: developers.cloudflare.com/workers/platform/limits */
const MOST_RUNS = 45;

/** Fields that a model does not get: they are read here, mean nothing at Workers AI, or are the gateway's own. */
const NOT_PASSED: ReadonlySet<string> = new Set([
  "input",
  "model",
  "encoding_format",
  "dimensions",
  "user",
  "prompt_cache_key",
  ...EXTENSION_FIELDS,
]);

/** Workers AI's other ways to ask, whose answers are no list of vectors for `input`. */
const OTHER_TASKS = new Set(["text", "queries", "documents", "query", "contexts", "requests"]);

/**
 * An OpenAI embeddings request → the runs that answer it, in order.
 * `{input: ["a", "b"], pooling: "cls"}` → one with the inputs `{text: ["a", "b"], pooling: "cls"}`.
 * Models of other vendors take the request as it is, in one.
 */
export function embeddingRuns(body: JsonObject, model: string): EmbeddingRun[] {
  if (dialectOf(model).schema === "catalog") return [catalogRun(body)];
  if (body["dimensions"] !== undefined && body["dimensions"] !== null) {
    throw badRequest(
      "The embedding models of Workers AI have a fixed number of dimensions. Leave dimensions out.",
      "dimensions",
      "unsupported_parameter",
    );
  }
  const { encoding_format: encoding } = body;
  if (encoding !== undefined && encoding !== null && encoding !== "float" && encoding !== "base64") {
    throw badRequest('encoding_format must be "float" or "base64".', "encoding_format", "invalid_value");
  }
  const size = embeddingBatch(model);
  const texts = inputTexts(body["input"], Math.min(MOST_INPUTS, MOST_RUNS * size));
  const own = ownFields(body);
  const runs: EmbeddingRun[] = [];
  for (let at = 0; at < texts.length; at += size) {
    const text = texts.slice(at, at + size);
    runs.push({ inputs: { ...own, text }, count: text.length, estimate: () => estimated(text) });
  }
  return runs;
}

/** One input is a text or a list of token ids; the vendor checks it. */
function catalogRun(body: JsonObject): EmbeddingRun {
  const { input } = body;
  const list: unknown[] = Array.isArray(input) && typeof input[0] !== "number" ? input : [input];
  return { inputs: catalogInputs(body), count: list.length, estimate: () => estimated(list) };
}

function estimated(inputs: readonly unknown[]): number {
  const tokensOf = (one: unknown) =>
    typeof one === "string" ? estimateTokens(one) : Array.isArray(one) ? one.length : 0;
  return inputs.reduce<number>((sum, one) => sum + tokensOf(one), 0);
}

/** The model's own fields: `pooling` and `truncate_inputs` of bge, `instruction` of qwen3-embedding, and unknown ones. */
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

function inputTexts(input: unknown, most: number): string[] {
  if (typeof input === "string" && input !== "") return [input];
  if (!Array.isArray(input) || input.length === 0) {
    throw badRequest("input must be a text or a list of texts, and not empty.", "input", "invalid_type");
  }
  if (input.length > most && input.every((one) => typeof one === "string")) {
    throw badRequest(`input may hold at most ${most} texts with this model.`, "input", "array_above_max_length");
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
