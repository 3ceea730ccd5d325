import type { Deadlines } from "../contract/relay.ts";
import { deadlineError, networkError } from "./reply.ts";

/** A provider's answer to an upstream request, with a way to drop it at any time. */
export interface UpstreamAnswer {
  response: Response;
  /** Closes the connection to the provider, whatever it is doing. */
  abort(): void;
}

/** The name by which gemini-relay's chat still knows it. */
export type UpstreamCall = UpstreamAnswer;

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

/**
 * The whole body of an answer, as text, or as bytes for content that is none.
 * @param leftMs time until it must have come, milliseconds; a passed deadline and a broken connection throw as in `fetchUpstream`
 */
export async function readBody(answer: UpstreamAnswer, provider: string, leftMs: number): Promise<string>;
export async function readBody(
  answer: UpstreamAnswer,
  provider: string,
  leftMs: number,
  as: "bytes",
): Promise<Uint8Array>;
export async function readBody(
  { response, abort }: UpstreamAnswer,
  provider: string,
  leftMs: number,
  as: "text" | "bytes" = "text",
): Promise<string | Uint8Array> {
  let late = false;
  const timer = setTimeout(
    () => {
      late = true;
      abort();
    },
    Math.max(0, leftMs),
  );
  try {
    return as === "text" ? await response.text() : new Uint8Array(await response.arrayBuffer());
  } catch (thrown) {
    throw late ? deadlineError(provider, "the whole answer") : networkError(provider, thrown);
  } finally {
    clearTimeout(timer);
  }
}
