import { badRequest } from "@ai-proxy/shared/errors";
import { readAnswerLimit } from "@ai-proxy/shared/formats/answer-limit";
import type { ChatRequest } from "@ai-proxy/shared/formats/chat-request";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { GenerationConfig } from "./gemini.ts";
import type { GoogleOptions } from "./google-options.ts";
import type { ModelTraits } from "./model.ts";
import { flagField, integerField, numberField, objectField, textField } from "./read.ts";
import { toGeminiSchema } from "./schema.ts";
import { readThinkingConfig, saysHowMuch, toThinkingConfig } from "./thinking.ts";

/** Gemini's limits. Source: discovery document, GenerationConfig. */
const MOST_STOPS = 5;
const MOST_CANDIDATES = 8;
const MOST_LOGPROBS = 20;

export interface GeneratedConfig {
  config: GenerationConfig;
  /** Fields that this model cannot honour, and without which the answer is still good. */
  ignored: string[];
}

/** Sampling and output fields of an OpenAI request → generationConfig. Throws a 400 that names the field. */
export function toGenerationConfig(body: ChatRequest, traits: ModelTraits, google: GoogleOptions): GeneratedConfig {
  const ignored: string[] = [];
  const config: GenerationConfig = {
    ...present("temperature", numberField(body, "temperature")),
    ...present("topP", numberField(body, "top_p")),
    ...present("topK", integerField(body, "top_k", { least: 1, most: 1_000_000 })),
    ...present("maxOutputTokens", readAnswerLimit(body)),
    ...present("stopSequences", stopSequences(body.stop)),
    ...present("candidateCount", candidates(body)),
    ...present("seed", seed(body)),
    ...penalties(body, traits, ignored),
    ...logprobs(body),
    ...responseFormat(body),
    ...modalities(body, traits, ignored),
    ...thinking(body, traits, google, ignored),
    ...googleConfig(google),
  };
  return { config, ignored };
}

function present(name: keyof GenerationConfig, value: unknown): GenerationConfig {
  return value === undefined ? {} : { [name]: value };
}

function stopSequences(stop: unknown): string[] | undefined {
  if (stop === undefined || stop === null) return undefined;
  const texts: unknown[] = Array.isArray(stop) ? stop : [stop];
  const sequences = texts.filter((text) => typeof text === "string");
  if (sequences.length !== texts.length) {
    throw badRequest("stop must be a string or a list of strings.", "stop", "invalid_type");
  }
  const used = sequences.filter((text) => text !== "");
  if (used.length > MOST_STOPS)
    throw badRequest(`stop may hold at most ${MOST_STOPS} strings.`, "stop", "array_above_max_length");
  return used.length > 0 ? used : undefined;
}

function candidates(body: ChatRequest): number | undefined {
  const n = integerField(body, "n", { least: 1, most: MOST_CANDIDATES });
  return n === 1 ? undefined : n;
}

/** OpenAI's seeds have 64 bits and Gemini's 32, so a larger one loses its upper bits. */
function seed(body: ChatRequest): number | undefined {
  const value = integerField(body, "seed", { least: -(2 ** 63), most: 2 ** 63 });
  return value === undefined ? undefined : Number(BigInt.asIntN(32, BigInt(value)));
}

function penalties(body: ChatRequest, traits: ModelTraits, ignored: string[]): GenerationConfig {
  const config: GenerationConfig = {};
  for (const [field, name] of [
    ["presence_penalty", "presencePenalty"],
    ["frequency_penalty", "frequencyPenalty"],
  ] as const) {
    const value = numberField(body, field);
    if (value === undefined) continue;
    if (traits.takesPenalties) config[name] = value;
    else if (value !== 0) ignored.push(field);
  }
  return config;
}

function logprobs(body: ChatRequest): GenerationConfig {
  const top = integerField(body, "top_logprobs", { least: 0, most: MOST_LOGPROBS });
  if (flagField(body, "logprobs") !== true) {
    if (top !== undefined && top > 0) {
      throw badRequest("top_logprobs needs logprobs to be true.", "top_logprobs", "invalid_value");
    }
    return {};
  }
  return { responseLogprobs: true, ...(top !== undefined && top > 0 && { logprobs: top }) };
}

/** json_object and json_schema → JSON, by the schema if there is one. instructor's JSON_SCHEMA mode has one beside json_object. */
function responseFormat(body: ChatRequest): GenerationConfig {
  const format = objectField(body, "response_format");
  if (format === undefined || format["type"] === "text") return {};
  if (format["type"] === "json_object") return jsonBy(format["schema"], "response_format.schema");
  if (format["type"] !== "json_schema") {
    throw badRequest(
      "response_format.type must be text, json_object or json_schema.",
      "response_format.type",
      "invalid_value",
    );
  }
  const described = objectField(format, "json_schema", "response_format.json_schema");
  if (described === undefined) {
    throw badRequest(
      "response_format.json_schema is missing: an object with name and schema.",
      "response_format.json_schema",
      "missing_required_parameter",
    );
  }
  const description = textField(described, "description", "response_format.json_schema.description");
  return jsonBy(described["schema"], "response_format.json_schema.schema", description);
}

function jsonBy(schema: unknown, param: string, description?: string): GenerationConfig {
  if (schema === undefined || schema === null) return { responseMimeType: "application/json" };
  if (!isObject(schema)) throw badRequest(`${param} must be a JSON Schema object.`, param, "invalid_type");
  return {
    responseMimeType: "application/json",
    ...(Object.keys(schema).length > 0 && {
      responseJsonSchema: toGeminiSchema(withDescription(schema, description), param),
    }),
  };
}

/** OpenAI's format has a description beside the schema; Gemini reads one in the schema only. */
function withDescription(schema: JsonObject, description: string | undefined): JsonObject {
  return description === undefined || schema["description"] !== undefined ? schema : { ...schema, description };
}

const MODALITIES: Readonly<Record<string, string>> = { text: "TEXT", image: "IMAGE", audio: "AUDIO" };

/** `modalities` and `audio`. Only speech models speak, and what they give is raw 16-bit PCM. */
function modalities(body: ChatRequest, traits: ModelTraits, ignored: string[]): GenerationConfig {
  const names = modalityNames(body.modalities);
  const audio = objectField(body, "audio") ?? {};
  if (!names.includes("AUDIO")) {
    if (Object.keys(audio).length > 0) ignored.push("audio");
    return names.includes("IMAGE") ? { responseModalities: names } : {};
  }
  if (!traits.speaks) {
    throw badRequest(
      "This model does not answer with audio; Gemini's -tts models do.",
      "modalities",
      "unsupported_value",
    );
  }
  const { format } = audio;
  if (format !== undefined && format !== "pcm16") {
    throw badRequest("Gemini's audio is pcm16.", "audio.format", "unsupported_value");
  }
  const voiceName = textField(audio, "voice", "audio.voice");
  return {
    // Speech models refuse TEXT beside AUDIO.
    responseModalities: ["AUDIO"],
    ...(voiceName !== undefined && { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName } } } }),
  };
}

function modalityNames(given: unknown): string[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw badRequest("modalities must be a list.", "modalities", "invalid_type");
  return given.map((name: unknown, index) => {
    const modality = typeof name === "string" && Object.hasOwn(MODALITIES, name) ? MODALITIES[name] : undefined;
    if (modality !== undefined) return modality;
    throw badRequest("modalities are text, image and audio.", `modalities[${index}]`, "invalid_value");
  });
}

function thinking(body: ChatRequest, traits: ModelTraits, google: GoogleOptions, ignored: string[]): GenerationConfig {
  const explicit = google.thinkingConfig === undefined ? {} : readThinkingConfig(google.thinkingConfig);
  const byEffort = toThinkingConfig(body.reasoning_effort, traits.thinking);
  const config = saysHowMuch(explicit) ? explicit : { ...byEffort, ...explicit };
  const effortIsGiven = body.reasoning_effort !== undefined && body.reasoning_effort !== null;
  if (effortIsGiven && (byEffort === null || saysHowMuch(explicit))) ignored.push("reasoning_effort");
  return Object.keys(config).length > 0 ? { thinkingConfig: config } : {};
}

function googleConfig(google: GoogleOptions): GenerationConfig {
  const { responseModalities, imageConfig, speechConfig, mediaResolution } = google;
  return {
    ...present("responseModalities", responseModalities),
    ...present("imageConfig", imageConfig),
    ...present("speechConfig", speechConfig),
    ...present("mediaResolution", mediaResolution),
  };
}
