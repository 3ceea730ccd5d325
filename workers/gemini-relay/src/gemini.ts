import type { JsonObject } from "@ai-proxy/shared/json";

/**
 * The parts of Gemini's API that the relay writes, by its discovery document
 * (generativelanguage v1beta). What it reads is read as unknown JSON.
 */
export interface GenerateContentRequest {
  contents: Content[];
  systemInstruction?: { parts: Part[] };
  tools?: JsonObject[];
  toolConfig?: JsonObject;
  generationConfig?: JsonObject;
  safetySettings?: JsonObject[];
  cachedContent?: string;
  serviceTier?: string;
  store?: boolean;
}

export interface Content {
  role: "user" | "model";
  parts: Part[];
}

/** Exactly one of the first seven; a signature beside it. */
export interface Part {
  text?: string;
  inlineData?: Blob64;
  fileData?: { fileUri: string; mimeType?: string };
  functionCall?: { name: string; args: JsonObject; id?: string };
  functionResponse?: FunctionResponse;
  /** A step of Google's own tools, as Gemini wrote it. */
  toolCall?: JsonObject;
  toolResponse?: JsonObject;
  thoughtSignature?: string;
}

export interface Blob64 {
  mimeType: string;
  /** base64 */
  data: string;
}

export interface FunctionResponse {
  name: string;
  response: JsonObject;
  id?: string;
  parts?: { inlineData: Blob64 }[];
}
