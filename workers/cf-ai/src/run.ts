import type { Deadlines } from "@ai-proxy/shared/contract/relay";
import { ApiError, invalidResponse, isFullStack, toApiError } from "@ai-proxy/shared/errors";
import { completeJson } from "@ai-proxy/shared/formats/half-json";
import { SSE_DONE, sseEvent } from "@ai-proxy/shared/formats/sse";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { gatewayLogId } from "@ai-proxy/shared/upstream/ai-gateway";
import { ERROR_BODY_BYTES } from "@ai-proxy/shared/upstream/ceilings";
import { type AnswerBudget, readJsonText, readTextUpTo } from "@ai-proxy/shared/upstream/read-stream";
import { cancelledError, deadlineError, networkError } from "@ai-proxy/shared/upstream/reply";
import { readRetryAfter } from "@ai-proxy/shared/upstream/retry-after";
import { bodyFailure, failureError, responseFailure, thrownFailure } from "./errors.ts";
import { unwrapResult } from "./output-rows.ts";
import { PROVIDER } from "./provider.ts";

/** The part of the AI binding that is used; a test or `wrangler dev` binds a Worker with such a method. */
export interface AiBinding {
  run(model: string, inputs: object, options: object): Promise<unknown>;
  /** The real binding has it; over RPC every name is a function. */
  aiGatewayLogId?: unknown;
}

/** One run of a model. */
export interface ModelRun {
  model: string;
  inputs: JsonObject;
  options: object;
  /** Milliseconds until the stream, or the whole answer, must be there. */
  firstByteMs: NonNullable<Deadlines["firstByteMs"]>;
  /** Drops the run when it resolves. */
  cancelled: (() => Promise<void>) | undefined;
  /** For an answer that is read whole. */
  budget: AnswerBudget;
}

export type ModelAnswer = {
  gatewayLogId: string | undefined;
  /** Drops what is still under way at the model. */
  abort(): void;
} & ({ kind: "json"; body: JsonObject } | { kind: "stream"; body: ReadableStream<Uint8Array> });

/** Runs a model. Throws an ApiError for every way in which that can fail, and drops what comes too late. */
export async function runModel(ai: AiBinding, run: ModelRun): Promise<ModelAnswer> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const answer = readAnswer(ai, run, controller.signal, abort);
  const given = Promise.withResolvers<never>();
  const giveUp = (error: ApiError) => {
    abort();
    // Without a signal the model goes on: its stream is dropped as soon as it comes.
    answer.then(dropAnswer, () => {});
    given.reject(error);
  };
  const timer = setTimeout(() => giveUp(deadlineError(PROVIDER, "a first byte")), run.firstByteMs);
  run.cancelled?.().then(
    () => giveUp(cancelledError()),
    () => {},
  );
  try {
    return await Promise.race([answer, given.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function readAnswer(ai: AiBinding, run: ModelRun, signal: AbortSignal, abort: () => void): Promise<ModelAnswer> {
  const options = takesSignal(ai) ? { ...run.options, signal } : run.options;
  const result = await ai.run(run.model, run.inputs, options).catch((thrown: unknown) => {
    // The binding could not write the request: no failure of Workers AI's.
    throw isFullStack(thrown) ? toApiError(thrown) : failureError(thrownFailure(thrown), Date.now());
  });
  const streams = run.inputs["stream"] === true;
  const textOf: ReadWhole = (body) => wholeText(body, run.budget, signal);
  if (result instanceof Response) return { ...(await responseAnswer(result, streams, textOf)), abort };
  return { ...(await plainAnswer(result, streams, textOf)), gatewayLogId: undefined, abort };
}

type Content = { kind: "json"; body: JsonObject } | { kind: "stream"; body: ReadableStream<Uint8Array> };

/** `returnRawResponse`: status and log ids are in the Response. */
async function responseAnswer(
  response: Response,
  streams: boolean,
  textOf: ReadWhole,
): Promise<Content & Pick<ModelAnswer, "gatewayLogId">> {
  if (!response.ok) {
    const failure = responseFailure(response.status, await errorText(response.body));
    const now = Date.now();
    throw failureError({ ...failure, retryAfterMs: readRetryAfter(response.headers, now) }, now);
  }
  const logId = gatewayLogId(response.headers);
  const type = response.headers.get("content-type") ?? "";
  const whole = !streams || type.includes("json");
  if (whole || response.body === null) return { ...jsonContent(await textOf(response.body)), gatewayLogId: logId };
  return { kind: "stream", body: response.body, gatewayLogId: logId };
}

/** A binding that knows no raw responses gives the parsed answer, or a stream. */
async function plainAnswer(result: unknown, streams: boolean, textOf: ReadWhole): Promise<Content> {
  if (!(result instanceof ReadableStream)) return objectContent(result);
  return streams ? { kind: "stream", body: result } : jsonContent(await textOf(result));
}

type Body = ReadableStream<Uint8Array> | null;

type ReadWhole = (body: Body) => Promise<string>;

/** All of a body within the budget, until nobody wants it any more. */
function wholeText(body: Body, budget: AnswerBudget, signal: AbortSignal): Promise<string> {
  const take = (bytes: number) => {
    signal.throwIfAborted();
    budget.take(PROVIDER, bytes);
  };
  return readJsonText(body, take).catch(asNetworkError);
}

/** Its beginning, where it is too long; JSON stays JSON. */
async function errorText(body: Body): Promise<string> {
  const { text, isCut } = await readTextUpTo(body, ERROR_BODY_BYTES).catch(asNetworkError);
  return isCut ? text + completeJson(text) : text;
}

/** A connection that breaks in the middle of the answer is a failure of the network's. */
function asNetworkError(thrown: unknown): never {
  throw thrown instanceof ApiError ? thrown : networkError(PROVIDER, thrown);
}

function jsonContent(text: string): Content {
  const parsed = tryParseJson(text);
  if (parsed === undefined) throw invalidResponse("Workers AI answered with something that is not JSON.");
  return objectContent(parsed);
}

function objectContent(value: unknown): Content {
  // A bare text or number is the answer itself.
  if (typeof value === "string" || typeof value === "number") return { kind: "json", body: { response: value } };
  if (!isObject(value)) throw invalidResponse("Workers AI answered with something that is no answer.");
  const failure = bodyFailure(value);
  if (failure !== undefined) throw failureError(failure, Date.now());
  return { kind: "json", body: unwrapResult(value) };
}

/** An AbortSignal does not cross RPC (DataCloneError), so only the real binding gets one. */
function takesSignal({ aiGatewayLogId }: AiBinding): boolean {
  return aiGatewayLogId === null || typeof aiGatewayLogId === "string";
}

function dropAnswer(answer: ModelAnswer): void {
  if (answer.kind === "stream") answer.body.cancel().catch(() => {});
}

/** The answer as a stream; that of a model that answers as JSON all the same is one event. */
export function answerStream(answer: ModelAnswer): ReadableStream<Uint8Array> {
  if (answer.kind === "stream") return answer.body;
  const bytes = new TextEncoder().encode(sseEvent(answer.body) + SSE_DONE);
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** The answer as an object. */
export function answerBody(answer: ModelAnswer): JsonObject {
  if (answer.kind === "json") return answer.body;
  dropAnswer(answer);
  throw invalidResponse("Workers AI streamed an answer that was asked for whole.");
}
