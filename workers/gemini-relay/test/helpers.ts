import { ApiError } from "@ai-proxy/shared/errors";
import { ChatStreamWriter, chatCompletion } from "@ai-proxy/shared/formats/chat-writer";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { WrittenAnswers } from "@ai-proxy/shared/upstream/stream-translator";
import { AnswerTranslator } from "../src/answer-translator.ts";
import { CallIds } from "../src/call-ids.ts";
import { GeminiEventParser } from "../src/event-parser.ts";
import { toGeminiRequest } from "../src/request.ts";
import { readWholeAnswer } from "../src/whole-answer.ts";

export const envelope = { id: "chatcmpl-1", created: 7, model: "asked-for" };

/** The Gemini request for an OpenAI one; a model that is given in the body counts. */
export function ask(body: JsonObject, model = "gemini-2.5-flash") {
  return toGeminiRequest(JSON.stringify({ messages: [{ role: "user", content: "Hi" }], ...body }), model).request;
}

/** Names of the fields that were ignored. */
export function ignoredBy(body: JsonObject, model = "gemini-2.5-flash"): string[] {
  return toGeminiRequest(JSON.stringify({ messages: [{ role: "user", content: "Hi" }], ...body }), model).ignored;
}

/** What something throws, as an ApiError. */
export function refusal(act: () => unknown): ApiError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

export const refused = (body: JsonObject, model?: string): ApiError => refusal(() => ask(body, model));

/** The completion for Gemini's answer. */
export function complete(answer: unknown) {
  const read = readWholeAnswer(answer, new CallIds("call_"));
  return { ...read, body: chatCompletion(read, envelope) };
}

/** The only choice of the completion for these parts. */
export function choiceOf(parts: unknown[], rest: JsonObject = {}, answer: JsonObject = {}): JsonObject {
  const { body } = complete({
    candidates: [{ content: { role: "model", parts }, finishReason: "STOP", ...rest }],
    ...answer,
  });
  const [choice] = Array.isArray(body["choices"]) ? body["choices"].filter(isObject) : [];
  if (choice === undefined) throw new Error("no choice");
  return choice;
}

export function messageOf(parts: unknown[], rest: JsonObject = {}): JsonObject {
  const { message } = choiceOf(parts, rest);
  if (!isObject(message)) throw new Error("no message");
  return message;
}

export interface StreamRun {
  /** OpenAI's chunks, and error objects last when the stream failed. */
  chunks: JsonObject[];
  done: number;
  error: ApiError | null;
  stream: WrittenAnswers;
}

const encoder = new TextEncoder();

export const sse = (...events: unknown[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

export function candidate(parts: unknown[], rest: JsonObject = {}): JsonObject {
  return { candidates: [{ content: { role: "model", parts }, index: 0, ...rest }] };
}

/** Plays bytes of Gemini's to the relay's parser and translator, cut at these positions. */
export function playBytes(bytes: Uint8Array, cuts: readonly number[] = [], includeUsage = false): StreamRun {
  const stream = new WrittenAnswers({
    writer: new ChatStreamWriter(envelope, includeUsage),
    translator: () => new AnswerTranslator({ callIds: new CallIds("call_"), whole: false }),
    estimatePrompt: () => 7,
    showEstimates: false,
  });
  const parser = new GeminiEventParser();
  let text = "";
  let error: ApiError | null = null;
  try {
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      for (const event of parser.push(bytes.subarray(from, to))) text += stream.push(event);
      from = to;
    }
    for (const event of parser.end()) text += stream.push(event);
    text += stream.end();
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    error = thrown;
  }
  const events = text.split("\n\n").filter((event) => event !== "");
  const data = events.map((event) => event.slice("data: ".length));
  const chunks = data.filter((one) => one !== "[DONE]").map((one): JsonObject => JSON.parse(one));
  return { chunks, done: data.length - chunks.length, error, stream };
}

export function play(text: string, includeUsage = false): StreamRun {
  return playBytes(encoder.encode(text), [], includeUsage);
}

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

/** The deltas of a run's choice, in order. */
export function deltas(run: StreamRun, index = 0): JsonObject[] {
  return rows(run, index).flatMap((row) => (isObject(row["delta"]) ? [row["delta"]] : []));
}

export function rows(run: StreamRun, index = 0): JsonObject[] {
  return run.chunks
    .flatMap((chunk) => (Array.isArray(chunk["choices"]) ? chunk["choices"].filter(isObject) : []))
    .filter((row) => row["index"] === index);
}

export function finishes(run: StreamRun, index = 0): unknown[] {
  return rows(run, index)
    .map((row) => row["finish_reason"])
    .filter((reason) => reason !== null);
}

export function textOf(run: StreamRun, field = "content", index = 0): string {
  return deltas(run, index)
    .map((delta) => delta[field] ?? "")
    .join("");
}

export function callsOf(run: StreamRun, index = 0): JsonObject[] {
  return deltas(run, index).flatMap((delta) => (Array.isArray(delta["tool_calls"]) ? delta["tool_calls"] : []));
}
