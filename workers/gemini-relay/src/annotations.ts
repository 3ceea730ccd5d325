import type { Annotation } from "@ai-proxy/shared/formats/chat-events";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { PartStarts } from "./part-starts.ts";
import { asNumber, asText, at, objectsIn } from "./read.ts";

/** The text of a candidate, and where Gemini's parts begin in it. */
export interface AnnotatedText {
  text: string;
  partStarts: PartStarts;
}

/**
 * Grounding and citations of a candidate → annotations of its text.
 * Gemini's indexes count UTF-8 bytes; a source that no sentence names is cited
 * for the whole text.
 */
export function readAnnotations(of: AnnotatedText, grounding: unknown, citations: readonly JsonObject[]): Annotation[] {
  const toCharacter = characterIndex(of.text);
  return [...groundedAnnotations(of, grounding, toCharacter), ...citedAnnotations(citations, toCharacter)];
}

interface Source {
  url: string;
  title: string;
}

function groundedAnnotations(
  { text, partStarts }: AnnotatedText,
  grounding: unknown,
  toCharacter: (byte: number) => number,
): Annotation[] {
  const sources = objectsIn(at(grounding, "groundingChunks")).map(readSource);
  const supports = objectsIn(at(grounding, "groundingSupports"));
  const used = new Set<number>();
  const annotations: Annotation[] = [];
  for (const support of supports) {
    const { segment } = support;
    const partStart = utf8Length(text.slice(0, partStarts.of(asNumber(at(segment, "partIndex")) ?? 0)));
    const start = toCharacter(partStart + (asNumber(at(segment, "startIndex")) ?? 0));
    const end = toCharacter(partStart + (asNumber(at(segment, "endIndex")) ?? 0));
    const indices: unknown[] = Array.isArray(support["groundingChunkIndices"]) ? support["groundingChunkIndices"] : [];
    for (const index of indices) {
      const source = typeof index === "number" ? sources[index] : undefined;
      if (typeof index !== "number" || source === undefined) continue;
      used.add(index);
      annotations.push(annotation(source, start, end));
    }
  }
  const whole = toCharacter(Number.POSITIVE_INFINITY);
  sources.forEach((source, index) => {
    if (source !== undefined && !used.has(index) && text !== "") annotations.push(annotation(source, 0, whole));
  });
  return annotations;
}

/** `{web: {uri, title}}`, `{maps: …}`, `{image: {sourceUri, …}}`, or a document of the client's own, which may have no address. */
function readSource(chunk: JsonObject): Source | undefined {
  const found = chunk["web"] ?? chunk["maps"] ?? chunk["retrievedContext"] ?? chunk["image"];
  const url = asText(at(found, "uri")) ?? asText(at(found, "sourceUri"));
  return url === undefined ? undefined : { url, title: asText(at(found, "title")) ?? url };
}

/** The entries of a citationMetadata: `citationSources` at the Gemini API, `citations` at Vertex. */
export function citationsIn(metadata: unknown): JsonObject[] {
  return isObject(metadata) ? objectsIn(metadata["citationSources"] ?? metadata["citations"]) : [];
}

function citedAnnotations(citations: readonly JsonObject[], toCharacter: (byte: number) => number): Annotation[] {
  return citations.flatMap((citation) => {
    const url = asText(citation["uri"]);
    if (url === undefined) return [];
    const start = toCharacter(asNumber(citation["startIndex"]) ?? 0);
    const end = toCharacter(asNumber(citation["endIndex"]) ?? 0);
    return [annotation({ url, title: asText(citation["title"]) ?? url }, start, end)];
  });
}

function annotation({ url, title }: Source, start: number, end: number): Annotation {
  return { type: "url_citation", url_citation: { start_index: start, end_index: end, url, title } };
}

const encoder = new TextEncoder();

function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

/** Byte offset in UTF-8 → character offset; one pass over the text, then a look-up for each. */
function characterIndex(text: string): (byte: number) => number {
  /** Byte at which each character begins. */
  const begins: number[] = [];
  let bytes = 0;
  for (const character of text) {
    begins.push(bytes);
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return (byte) => {
    let low = 0;
    let high = begins.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((begins[middle] ?? 0) < byte) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
