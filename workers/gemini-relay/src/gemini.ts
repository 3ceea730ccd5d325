import type { JsonObject } from "@ai-proxy/shared/json";
import type {
  FunctionCallingConfigMode,
  Blob as GenaiBlob,
  FunctionCall as GenaiFunctionCall,
  FunctionDeclaration as GenaiFunctionDeclaration,
  FunctionResponse as GenaiFunctionResponse,
  GenerationConfig as GenaiGenerationConfig,
  Part as GenaiPart,
} from "@google/genai";

/**
 * What the relay writes to Gemini, in the types of Google's own SDK. The
 * request itself is the REST API's (discovery document, generativelanguage
 * v1beta): the SDK spreads it over a `config`. What the relay reads is read as unknown JSON.
 */
export interface GenerateContentRequest {
  contents: Content[];
  systemInstruction?: { parts: Part[] };
  tools?: JsonObject[];
  toolConfig?: JsonObject;
  generationConfig?: GenerationConfig;
  safetySettings?: JsonObject[];
  cachedContent?: string;
  serviceTier?: string;
  store?: boolean;
}

export interface Content {
  role: "user" | "model";
  parts: Part[];
}

/** Exactly one of the first five, or a step of Google's own tools as Gemini wrote it; the others beside it. */
export interface Part extends Pick<GenaiPart, "text" | "fileData" | "thoughtSignature" | "videoMetadata"> {
  inlineData?: Blob;
  functionCall?: FunctionCall;
  functionResponse?: FunctionResponse;
  toolCall?: JsonObject;
  toolResponse?: JsonObject;
}

export type Blob = Required<Pick<GenaiBlob, "mimeType" | "data">>;

export type FunctionCall = Pick<GenaiFunctionCall, "id"> & Required<Pick<GenaiFunctionCall, "name" | "args">>;

export type FunctionResponse = Pick<GenaiFunctionResponse, "id"> &
  Required<Pick<GenaiFunctionResponse, "name" | "response">> & { parts?: { inlineData: Blob }[] };

export type FunctionDeclaration = Required<Pick<GenaiFunctionDeclaration, "name">> &
  Pick<GenaiFunctionDeclaration, "description" | "parametersJsonSchema">;

export interface FunctionCallingConfig {
  mode: `${FunctionCallingConfigMode}`;
  allowedFunctionNames?: string[];
}

/** The SDK knows the names; values that come from `extra_body.google` are Gemini's to check. `imageConfig` is REST's alone. */
export type GenerationConfig = { [Name in keyof GenaiGenerationConfig | "imageConfig"]?: unknown };
