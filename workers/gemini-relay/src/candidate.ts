import type { Annotation } from "@ai-proxy/shared/formats/chat-events";
import { isObject, type JsonObject, type Unchecked } from "@ai-proxy/shared/json";
import type { Candidate as GeminiCandidate } from "@google/genai";
import { citationsIn, readAnnotations } from "./annotations.ts";
import type { CandidateEnd } from "./finish-reason.ts";
import { PartStarts } from "./part-starts.ts";
import { asText, at, objectsIn } from "./read.ts";
import { isAnswer, type Piece, readPart } from "./read-part.ts";

/** One candidate over all chunks (or the only one) of an answer: what has to be known at its end. */
export class Candidate implements CandidateEnd {
  readonly reasons: string[] = [];
  finishMessage: string | undefined;
  calls = 0;
  spoke = false;
  /** All of its text, for the positions that annotations point at. */
  #text = "";
  readonly #partStarts = new PartStarts();
  #grounding: JsonObject | undefined;
  /** Each once, by its text: a chunk of a stream cites for its own stretch of the answer, and may repeat those before. */
  readonly #citations = new Map<string, JsonObject>();
  #urlContext: JsonObject | undefined;

  /** Takes note of one appearance of the candidate; gives what it says, in order. */
  read(candidate: Unchecked<GeminiCandidate>): Piece[] {
    const reason = asText(candidate.finishReason);
    if (reason !== undefined && reason !== "FINISH_REASON_UNSPECIFIED") this.reasons.push(reason);
    this.finishMessage = asText(candidate.finishMessage) ?? this.finishMessage;
    this.#grounding = filled(candidate.groundingMetadata) ?? this.#grounding;
    for (const cited of citationsIn(candidate.citationMetadata)) this.#citations.set(JSON.stringify(cited), cited);
    this.#urlContext = filled(candidate.urlContextMetadata) ?? this.#urlContext;
    const pieces: Piece[] = [];
    let place = 0;
    for (const part of objectsIn(at(candidate.content, "parts"))) {
      this.#partStarts.add(part, place++, this.#text.length);
      for (const piece of readPart(part)) {
        this.#note(piece);
        pieces.push(piece);
      }
    }
    return pieces;
  }

  #note(piece: Piece): void {
    if (piece.kind === "text") this.#text += piece.text;
    else if (piece.kind === "call") this.calls++;
    this.spoke ||= isAnswer(piece);
  }

  /** The prompt turned out to be blocked before Gemini said how the candidate ended: that is its end. */
  block(message: string): void {
    if (this.reasons.length > 0) return;
    this.reasons.push("SAFETY");
    this.finishMessage = message;
  }

  annotations(): Annotation[] {
    if (this.#grounding === undefined && this.#citations.size === 0) return [];
    const citations = [...this.#citations.values()];
    return readAnnotations({ text: this.#text, partStarts: this.#partStarts }, this.#grounding, citations);
  }

  /** What Google's own tools found, as Google writes it, for `extra_content.google`; null when there is nothing. */
  sources(): JsonObject | null {
    if (this.#grounding === undefined && this.#urlContext === undefined) return null;
    return {
      ...(this.#grounding !== undefined && { grounding_metadata: this.#grounding }),
      ...(this.#urlContext !== undefined && { url_context_metadata: this.#urlContext }),
    };
  }
}

function filled(value: unknown): JsonObject | undefined {
  return isObject(value) && Object.keys(value).length > 0 ? value : undefined;
}
