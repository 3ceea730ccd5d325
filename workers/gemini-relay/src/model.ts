import { ApiError } from "@ai-proxy/shared/errors";

/** How far a model can be told to think; null when it cannot. */
export type Thinking =
  /** Gemini 2.5: tokens. `least` is what "none" comes to: not every model can be told not to think. */
  | { kind: "budget"; least: number; most: number }
  /** Gemini 3: the levels that the model takes, in rising order. Others are a 400. */
  | { kind: "level"; levels: readonly Level[] };

export type Level = "MINIMAL" | "LOW" | "MEDIUM" | "HIGH";

/** What depends on a model's generation, in this one place. */
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
  /** What Google's own tools did in earlier turns, which has to come back beside functions. */
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
  const version = versionOf(model);
  const three = version >= 3;
  return {
    thinking: thinkingOf(model, version),
    takesPenalties: version < 2.5,
    takesCallIds: three,
    needsSignatures: three,
    needsAllSigned: three && /-image\b/.test(model),
    takesInstructions: !/-(tts|transcribe)\b|^gemma-[23]/.test(model),
    takesWebAddresses: version >= 2.5,
    takesToolSteps: three,
    takesMediaResults: three,
    speaks: /-(tts|native-audio)\b/.test(model),
  };
}

/** Bare `-latest` names point at the newest generation; a later one than we know behaves like the newest we know. */
const NEWEST = 3.8;

/** 2.5 for "gemini-2.5-pro"; 0 for models of other families (gemma, tuned ones). */
function versionOf(model: string): number {
  if (/^gemini-(pro|flash|flash-lite)-latest$/.test(model)) return NEWEST;
  return Number(/^gemini-(\d{1,2}(?:\.\d{1,2})?)(?:-|$)/.exec(model)?.[1] ?? 0);
}

const ALL_LEVELS: readonly Level[] = ["MINIMAL", "LOW", "MEDIUM", "HIGH"];

function thinkingOf(model: string, version: number): Thinking | null {
  const speechOrImage = /-(tts|image|native-audio|live)\b/.test(model);
  if (version < 2.5 || speechOrImage) return null;
  const lite = model.includes("flash-lite");
  if (version < 3) {
    if (model.includes("-pro")) return { kind: "budget", least: 128, most: 32_768 };
    return { kind: "budget", least: 0, most: 24_576 };
  }
  if (model.includes("-pro")) {
    const levels: readonly Level[] = version < 3.1 ? ["LOW", "HIGH"] : ["LOW", "MEDIUM", "HIGH"];
    return { kind: "level", levels };
  }
  // 3.7 and 3.8 Flash refuse MINIMAL ("Allowed values are: medium, low, high").
  return { kind: "level", levels: lite || version <= 3.6 ? ALL_LEVELS : ["LOW", "MEDIUM", "HIGH"] };
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
