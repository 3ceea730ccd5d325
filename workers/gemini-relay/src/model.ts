import { ApiError } from "@ai-proxy/shared/errors";
import { type GeminiTraits, geminiTraits } from "@ai-proxy/shared/registry/gemini-traits";
import type { ThinkingLevel } from "@google/genai";

/** How far a model can be told to think; null when it cannot. */
export type Thinking =
  /** Gemini 2.5: tokens. `least` is the least thinking that the model allows, 0 where it can be off. */
  | { kind: "budget"; least: number; most: number }
  /** Gemini 3: the levels that the model takes, in rising order. Others are a 400. */
  | { kind: "level"; levels: readonly Level[] };

export type Level = Exclude<`${ThinkingLevel}`, "THINKING_LEVEL_UNSPECIFIED">;

/** What a request to a model may hold; the figures are the registry's. */
export interface ModelTraits {
  thinking: Thinking | null;
  /** Thinking models refuse presence and frequency penalties with a 400. */
  takesPenalties: boolean;
  /** From Gemini 3 on a call and its result carry the same id; 3.5 and later refuse results without. */
  takesCallIds: boolean;
  /** From Gemini 3 on the first call of each step must carry a thought signature. */
  needsSignatures: boolean;
  /** Image models from Gemini 3 on also refuse a text or an image of the assistant's without one. */
  needsAllSigned: boolean;
  /** Speech and transcribing models, and Gemma up to 3, refuse a systemInstruction: "Developer instruction is not enabled". */
  takesInstructions: boolean;
  /** Files by web address (https) instead of inline; not on Gemini 2.0 and before. */
  takesWebAddresses: boolean;
  /** Steps of Google's own tools from earlier turns; beside functions they have to come back. */
  takesToolSteps: boolean;
  /** Images and files inside a function's result. */
  takesMediaResults: boolean;
  /** Answers with speech. */
  speaks: boolean;
}

/**
 * Sources: ai.google.dev/gemini-api/docs/{thinking,thought-signatures,image-generation,file-input-methods}
 * and the "What's new" pages of 3.5 to 3.8, read 2026-11.
 */
export function modelTraits(id: string): ModelTraits {
  // Google's own listings write ids so.
  const model = id.replace(/^models\//, "");
  const registered = geminiTraits(model);
  const { generation = 0 } = registered;
  const three = generation >= 3;
  return {
    thinking: thinkingOf(registered),
    takesPenalties: generation < 2.5,
    takesCallIds: three,
    needsSignatures: three,
    needsAllSigned: three && /-image\b/.test(model),
    takesInstructions: !/-(tts|transcribe)\b|^gemma-[23]/.test(model),
    takesWebAddresses: generation >= 2.5,
    takesToolSteps: three,
    takesMediaResults: three,
    speaks: /-(tts|native-audio)\b/.test(model),
  };
}

const LEVELS: readonly Level[] = ["MINIMAL", "LOW", "MEDIUM", "HIGH"];

function thinkingOf({ thinkingBudget, reasoningEfforts }: GeminiTraits): Thinking | null {
  if (thinkingBudget !== undefined) return { kind: "budget", ...thinkingBudget };
  if (reasoningEfforts === undefined) return null;
  return { kind: "level", levels: LEVELS.filter((level) => reasoningEfforts.includes(level.toLowerCase())) };
}

/** A model's path below the base URL. Nothing that is no model id ever becomes part of a URL. */
export function modelPath(model: string): string {
  const [, kind = "models", id] = /^(?:(models|tunedModels)\/)?([A-Za-z0-9][\w.-]{0,127})$/.exec(model) ?? [];
  if (id !== undefined && !id.includes("..")) return `${kind}/${encodeURIComponent(id)}`;
  throw new ApiError({
    status: 404,
    message: "The model does not exist: this is not the id of a Gemini model.",
    param: "model",
    code: "model_not_found",
  });
}
