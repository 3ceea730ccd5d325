import { isObject, type JsonObject, type Unchecked } from "@ai-proxy/shared/json";
import type { FunctionCall, Blob as GeminiBlob } from "@google/genai";
import { asText, at } from "./read.ts";

/** What one of Gemini's parts says to an OpenAI client. */
export type Piece =
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "call"; name: string; args: string; id: string | undefined; signature: string | undefined }
  /** An image as a data: URL. */
  | { kind: "image"; url: string; signature: string | undefined }
  /** base64 */
  | { kind: "audio"; data: string }
  /** The signature of a part that is no call and no image: it belongs to the message. */
  | { kind: "signature"; signature: string }
  /** Steps of Google's own tools, which have no place in OpenAI's format. */
  | { kind: "step"; part: JsonObject };

/**
 * Whether a piece is of the answer itself, not of the way to it: thoughts,
 * steps of Google's own tools and signatures alone answer nothing.
 */
export function isAnswer(piece: Piece): boolean {
  if (piece.kind === "step") {
    const { thought, toolCall, toolResponse } = piece.part;
    return thought !== true && toolCall === undefined && toolResponse === undefined;
  }
  return piece.kind !== "reasoning" && piece.kind !== "signature";
}

/** What a part says, in order; one without content says nothing. */
export function readPart(part: JsonObject): Piece[] {
  const pieces: Piece[] = [];
  const signature = asText(part["thoughtSignature"]);
  const text = part["text"];
  const called = part["functionCall"];
  if (typeof text === "string" && text !== "") {
    pieces.push({ kind: part["thought"] === true ? "reasoning" : "text", text });
  }
  if (isObject(called)) {
    pieces.push(callPiece(called, signature));
    return pieces;
  }
  if (typeof text === "string") {
    // Said above; an empty one may still be signed.
  } else if (isObject(part["inlineData"])) {
    pieces.push(filePiece(part["inlineData"], part, signature));
    return pieces;
  } else if (isObject(part["executableCode"])) {
    const language = asText(part["executableCode"]["language"])?.toLowerCase() ?? "";
    pieces.push({ kind: "text", text: fenced(language, asText(part["executableCode"]["code"]) ?? "") });
  } else if (isObject(part["codeExecutionResult"])) {
    pieces.push({ kind: "text", text: codeOutput(part["codeExecutionResult"]) });
  } else if (transcriptOf(part) !== "") {
    pieces.push({ kind: "text", text: transcriptOf(part) });
  } else if (Object.keys(part).some((key) => key !== "thought" && key !== "thoughtSignature")) {
    pieces.push({ kind: "step", part });
    return pieces;
  }
  if (signature !== undefined) pieces.push({ kind: "signature", signature });
  return pieces;
}

/** Gemini leaves `args` out when there are none. */
function callPiece(call: Unchecked<FunctionCall>, signature: string | undefined): Piece {
  const args = JSON.stringify(isObject(call.args) ? call.args : {});
  return { kind: "call", name: asText(call.name) ?? "", args, id: asText(call.id), signature };
}

function filePiece(file: Unchecked<GeminiBlob>, part: JsonObject, signature: string | undefined): Piece {
  const type = asText(file.mimeType) ?? "";
  const data = asText(file.data) ?? "";
  if (type.startsWith("audio/")) return { kind: "audio", data };
  if (type.startsWith("image/") && part["thought"] !== true) {
    return { kind: "image", url: `data:${type};base64,${data}`, signature };
  }
  return { kind: "step", part };
}

/** What a transcribing model heard: its answers have it here, with or without a text besides. */
function transcriptOf(part: JsonObject): string {
  return asText(at(part, "audioTranscription", "text")) ?? "";
}

/** Code that Gemini ran, as Markdown; its output likewise. */
function codeOutput(result: JsonObject): string {
  const outcome = asText(at(result, "outcome"));
  const label = outcome === undefined || outcome === "OUTCOME_OK" ? "output" : outcome.toLowerCase();
  return fenced(label, asText(result["output"]) ?? "");
}

/** A fence longer than any in the text it holds. */
function fenced(label: string, text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = "`".repeat(longest + 1);
  return `\n${fence}${label}\n${text}${text.endsWith("\n") ? "" : "\n"}${fence}\n`;
}
