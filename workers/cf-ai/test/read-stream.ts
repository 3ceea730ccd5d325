import { SseParser } from "@ai-proxy/shared/formats/sse";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { type StreamOptions, WorkersAiStream } from "../src/stream.ts";

export const streamOptions: StreamOptions = {
  envelope: { id: "chatcmpl-ours", created: 1_800_000_000, model: "llama4" },
  estimatePrompt: () => 7,
  refuseEmpty: false,
  stops: [],
  demanded: new Set(),
  catalog: false,
  includeUsage: false,
  n: 1,
};

/** Native or OpenAI-shaped events → the SSE text that a client gets; `end` as when the upstream ends. */
export function translate(events: readonly unknown[], more: Partial<StreamOptions> = {}): string {
  const stream = new WorkersAiStream({ ...streamOptions, ...more });
  const text = events.map((event) => stream.push(typeof event === "string" ? event : JSON.stringify(event))).join("");
  return text + stream.end();
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
