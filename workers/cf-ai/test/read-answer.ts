import { ChatStreamWriter, chatCompletion } from "@ai-proxy/shared/formats/chat-writer";
import { SseParser } from "@ai-proxy/shared/formats/sse";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { WrittenAnswers } from "@ai-proxy/shared/upstream/stream-translator";
import { AnswerTranslator, type AnswerTranslatorOptions } from "../src/answer-translator.ts";
import { readWholeAnswer } from "../src/whole-answer.ts";

const envelope = { id: "chatcmpl-ours", created: 1_800_000_000, model: "llama4" };

export interface StreamOptions extends AnswerTranslatorOptions {
  includeUsage: boolean;
}

export const streamOptions: StreamOptions = {
  refuseEmpty: false,
  stops: [],
  demanded: new Set(),
  catalog: false,
  n: 1,
  whole: false,
  startedAt: 1_800_000_000_000,
  includeUsage: false,
};

/** What turns a stream of Workers AI's into the text that a client gets. */
export function chatStream(more: Partial<StreamOptions> = {}): WrittenAnswers {
  const options = { ...streamOptions, ...more };
  return new WrittenAnswers({
    writer: new ChatStreamWriter(envelope, options.includeUsage),
    translator: () => new AnswerTranslator(options),
    estimatePrompt: () => 7,
    showEstimates: true,
  });
}

/** Native or OpenAI-shaped events → the SSE text that a client gets; `end` as when the upstream ends. */
export function translate(events: readonly unknown[], more: Partial<StreamOptions> = {}): string {
  const stream = chatStream(more);
  const text = events.map((event) => stream.push(typeof event === "string" ? event : JSON.stringify(event))).join("");
  return text + stream.end();
}

/** A whole answer of Workers AI's → the chat.completion that a client gets, and its counts. */
export function completionOf(output: JsonObject, more: Partial<StreamOptions> = {}) {
  const answer = readWholeAnswer(output, { ...streamOptions, ...more }, () => 7);
  return { ...answer, body: chatCompletion(answer, envelope) };
}

export interface ReadStream {
  chunks: JsonObject[];
  done: number;
}

/** SSE text → its chunks; counts [DONE]. */
export function readChunks(sse: string): ReadStream {
  const parser = new SseParser();
  const events = [...parser.push(new TextEncoder().encode(sse)), ...parser.end()];
  const chunks = events.filter((data) => data !== "[DONE]").map((data): unknown => JSON.parse(data));
  return { chunks: chunks.filter(isObject), done: events.length - chunks.length };
}

/** The choices of all chunks, flat. */
export function rows(sse: string): JsonObject[] {
  return readChunks(sse).chunks.flatMap(({ choices }) => (Array.isArray(choices) ? choices.filter(isObject) : []));
}

/** The deltas of all chunks, in order. */
export function deltas(sse: string): JsonObject[] {
  return rows(sse).map(({ delta }) => (isObject(delta) ? delta : {}));
}
