import { badRequest } from "@ai-proxy/shared/errors";
import type { JsonObject } from "@ai-proxy/shared/json";
import type { EmbedContentConfig } from "@google/genai";
import { camelCase, type GivenOption, listGivenOptions } from "./google-options.ts";
import { integerField, textField } from "./read.ts";

/** What Gemini can be told of each text. Source: ai.google.dev/api/embeddings, EmbedContentRequest */
export type EmbeddingOptions = Pick<EmbedContentConfig, "taskType" | "title" | "outputDimensionality">;

/** Google's options where LiteLLM's clients write them: beside OpenAI's fields. */
const ROOT_OPTIONS = ["task_type", "taskType", "title", "output_dimensionality", "outputDimensionality"];

/** Fields that are read here. */
export const EMBEDDING_OPTION_FIELDS: readonly string[] = ["dimensions", "google", "extra_body", ...ROOT_OPTIONS];

const DIMENSIONS = { least: 1, most: 100_000 };

/**
 * `{"dimensions":256,"task_type":"retrieval_query"}` → `{outputDimensionality: 256, taskType: "RETRIEVAL_QUERY"}`.
 * Google's own options stand at the root or in `extra_body.google`, and win over OpenAI's. Throws a 400 that names the field.
 * @param ignored gets "extra_body" when it holds something for others
 */
export function readEmbeddingOptions(body: JsonObject, ignored: string[]): EmbeddingOptions {
  const dimensions = integerField(body, "dimensions", DIMENSIONS);
  const options: EmbeddingOptions = dimensions === undefined ? {} : { outputDimensionality: dimensions };
  const atRoot = ROOT_OPTIONS.filter((name) => (body[name] ?? null) !== null);
  const given = atRoot.map((name): GivenOption => ({ name, value: body[name], path: name }));
  for (const option of [...given, ...listGivenOptions(body, ignored)]) Object.assign(options, readOption(option));
  return options;
}

function readOption({ name, value, path }: GivenOption): EmbeddingOptions {
  const option = camelCase(name);
  if (option === "outputDimensionality") {
    return present(option, integerField({ value }, "value", { ...DIMENSIONS, path }));
  }
  if (option === "title" || option === "taskType") {
    const text = textField({ value }, "value", path);
    return present(option, option === "taskType" ? text?.toUpperCase() : text);
  }
  const known = "task_type, title and output_dimensionality";
  throw badRequest(`${path} is not known; there are ${known}.`, path, "unknown_parameter");
}

function present(name: keyof EmbeddingOptions, value: unknown): EmbeddingOptions {
  return value === undefined ? {} : { [name]: value };
}
