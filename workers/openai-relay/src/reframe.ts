import { invalidResponse } from "@ai-proxy/shared/errors";
import { collectAnswer } from "@ai-proxy/shared/formats/chat-answer";
import type { ChatEvent } from "@ai-proxy/shared/formats/chat-events";
import { ChatReader } from "@ai-proxy/shared/formats/chat-reader";
import { ChatStreamWriter, chatCompletion } from "@ai-proxy/shared/formats/chat-writer";
import { joinDeltas } from "@ai-proxy/shared/formats/join-deltas";
import { SSE_DONE, SseParser, sseEvent } from "@ai-proxy/shared/formats/sse";
import type { AnswerEnvelope } from "@ai-proxy/shared/formats/stream-writer";
import { fromOpenAIUsage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { cutError } from "@ai-proxy/shared/upstream/reply";
import type { StreamMeter } from "./stream-meter.ts";

// Answers that come in the other framing than the one asked for: some servers stream whatever is asked, or never do.

/** Endpoints whose answers may stream. */
export type FramedEndpoint = "/chat/completions" | "/completions";

/** Whether a body is a stream of events, whatever its content type says. */
export function isEventStream(body: string): boolean {
  return /^\s*(?:(?:data|event|id|retry):|:)/.test(body.slice(0, 200));
}

/** A whole answer as the text of the stream that was asked for, with its usage, as OpenAI streams it on demand. */
export function streamOfAnswer(answer: JsonObject, endpoint: FramedEndpoint, envelope: AnswerEnvelope): string {
  const { usage, ...rest } = answer;
  if (endpoint === "/completions") {
    const counted = isObject(usage) ? sseEvent({ ...rest, choices: [], usage }) : "";
    return sseEvent(rest) + counted + SSE_DONE;
  }
  const reader = new ChatReader();
  const events = [...reader.push(answer), ...reader.end()];
  const { model } = envelope;
  const writer = new ChatStreamWriter({ ...envelope, model: servedModel(events) ?? model }, true);
  return events.map((event) => writer.write(event)).join("") + writer.end(fromOpenAIUsage(usage));
}

/**
 * A stream as the JSON text of the whole answer that was asked for. `meter` reads it along. Throws an ApiError: the
 * provider's own error, a stream that broke off, or what is none.
 */
export function answerOfStream(
  body: string,
  endpoint: FramedEndpoint,
  { provider, meter, envelope }: { provider: string; meter: StreamMeter; envelope: AnswerEnvelope },
): string {
  const chunks = readChunks(body, meter);
  if (meter.error !== null) throw meter.error;
  if (chunks.length === 0) throw invalidResponse(`${provider} answered with a stream of nothing.`);
  if (!meter.complete) throw cutError(provider);
  if (endpoint === "/completions") return JSON.stringify(joinedCompletion(chunks));
  const reader = new ChatReader();
  const events = [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
  const answer = collectAnswer(events);
  return JSON.stringify(chatCompletion(answer, { ...envelope, model: answer.servedModel ?? envelope.model }));
}

function readChunks(body: string, meter: StreamMeter): JsonObject[] {
  const parser = new SseParser();
  const events = [...parser.push(new TextEncoder().encode(body)), ...parser.end()];
  return events.flatMap((data) => {
    meter.read(data);
    const chunk = tryParseJson(data);
    return isObject(chunk) ? [chunk] : [];
  });
}

/** Chunks of a text_completion have the form of the whole; texts and the lists of logprobs go on. */
function joinedCompletion(chunks: readonly JsonObject[]): JsonObject {
  const choices = new Map<unknown, JsonObject>();
  let envelope: JsonObject = {};
  for (const { choices: some, ...rest } of chunks) {
    envelope = { ...envelope, ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)) };
    for (const choice of Array.isArray(some) ? some.filter(isObject) : []) {
      const index = choice["index"] ?? 0;
      choices.set(index, joinDeltas(choices.get(index) ?? {}, choice));
    }
  }
  return { ...envelope, choices: [...choices.values()] };
}

function servedModel(events: readonly ChatEvent[]): string | undefined {
  return events.find((event) => event.type === "begun")?.servedModel;
}
