import type { Deadlines } from "../contract/relay.ts";
import { ApiError } from "../errors.ts";
import { completeJson } from "../formats/half-json.ts";
import { ERROR_BODY_BYTES } from "./ceilings.ts";
import { type AnswerBudget, readJsonText, readTextUpTo } from "./read-stream.ts";
import { deadlineError, networkError } from "./reply.ts";

/** A provider's answer to an upstream request, with a way to drop it at any time. */
export interface UpstreamAnswer {
  response: Response;
  /** Closes the connection to the provider, whatever it is doing. */
  abort(): void;
}

export interface UpstreamRequestOptions {
  provider: string;
  url: string;
  /** POST when absent. */
  method?: string | undefined;
  /** Lower-case names; `content-type` is JSON's unless given. */
  headers: Record<string, string>;
  body: string | Uint8Array | null;
  /** Milliseconds until the provider's headers must have come. */
  firstByteMs: NonNullable<Deadlines["firstByteMs"]>;
  /** Drops the request when it resolves: `cancelled` of the relay contract. */
  cancelled?: (() => Promise<void>) | undefined;
}

/**
 * Sends a request to a provider. Throws an ApiError: `timeout` when no headers came
 * in time, `network` when the connection failed. Redirects are not followed: a
 * key must not travel to where a provider's answer points.
 */
export async function fetchUpstream(options: UpstreamRequestOptions): Promise<UpstreamAnswer> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    abort();
  }, options.firstByteMs);
  options.cancelled?.().then(abort, () => {});
  try {
    const response = await fetch(options.url, {
      method: options.method ?? "POST",
      headers: { ...(options.body !== null && { "content-type": "application/json" }), ...options.headers },
      body: options.body,
      redirect: "manual",
      signal: controller.signal,
    });
    return { response, abort };
  } catch (thrown) {
    throw late ? deadlineError(options.provider, "a first byte") : networkError(options.provider, thrown);
  } finally {
    clearTimeout(timer);
  }
}

/** What a body is read within. */
export interface BodyReading {
  provider: string;
  /** Milliseconds until it must have come. */
  leftMs: number;
  /** What it may still hold. */
  budget: AnswerBudget;
}

/**
 * The whole body of an answer as text. A passed deadline and a broken connection throw as in `fetchUpstream`, one that
 * is too large throws a 502; its connection is dropped.
 */
export function readBody(answer: UpstreamAnswer, { provider, leftMs, budget }: BodyReading): Promise<string> {
  return inTime(answer, { provider, leftMs }, (body) => readJsonText(body, (bytes) => budget.take(provider, bytes)));
}

/** The body of an answer that is no success. One that is too long is cut; JSON stays JSON. */
export async function readErrorBody(
  answer: UpstreamAnswer,
  reading: Pick<BodyReading, "provider" | "leftMs">,
): Promise<string> {
  const { text, isCut } = await inTime(answer, reading, (body) => readTextUpTo(body, ERROR_BODY_BYTES));
  if (!isCut) return text;
  answer.abort();
  return text + completeJson(text);
}

/** Reads a body. What the reading throws of its own drops the connection. */
export async function inTime<Read>(
  { response, abort }: UpstreamAnswer,
  { provider, leftMs }: Pick<BodyReading, "provider" | "leftMs">,
  read: (body: ReadableStream<Uint8Array> | null) => Promise<Read>,
): Promise<Read> {
  let late = false;
  const timer = setTimeout(
    () => {
      late = true;
      abort();
    },
    Math.max(0, leftMs),
  );
  try {
    return await read(response.body);
  } catch (thrown) {
    if (thrown instanceof ApiError) abort();
    throw late
      ? deadlineError(provider, "the whole answer")
      : thrown instanceof ApiError
        ? thrown
        : networkError(provider, thrown);
  } finally {
    clearTimeout(timer);
  }
}
