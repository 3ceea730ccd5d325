import type { StreamEnd, StreamReply } from "../contract/relay.ts";
import { ApiError, toApiError } from "../errors.ts";
import { errorEvent } from "../formats/error-body.ts";
import { type EventParser, SseParser } from "../formats/sse.ts";
import type { Usage } from "../formats/usage.ts";
import { type ByteReader, byteReader } from "./byte-reader.ts";
import { JoiningWriter } from "./joining-writer.ts";
import { deadlineError, networkError } from "./reply.ts";
import { type StreamDeadlines, Watchdog } from "./watchdog.ts";

/**
 * A provider's stream → OpenAI's, one instance a stream. Pure: no clock, no
 * fetch. A thrown ApiError ends the stream: as an error event, or, while
 * nothing of content was sent, as a failed attempt.
 */
export interface StreamTranslator {
  /** One event's data → the OpenAI SSE text it makes, "" for none. */
  push(data: string): string;
  /** The provider ended its stream: the closing text with [DONE]; throws when the stream was cut short. */
  end(): string;
  /** Real content (text, reasoning, a tool call, a refusal) has been translated. */
  readonly contentSeen: boolean;
  /** The answer is complete, whether or not the provider goes on: `end()` is called and no more of its stream is waited for. */
  readonly finished?: boolean;
  /** The provider has said that the answer is over, though not that its stream is: nothing is lost if it breaks off now. */
  readonly complete?: boolean;
  /** What is known so far; null when the provider has sent no counts. */
  readonly usage: Usage | null;
  readonly usageEstimated: boolean;
  /** Model version that serves, once the provider has said so. */
  readonly servedModel: string | undefined;
}

export interface TranslatedStreamOptions {
  provider: string;
  upstream: ReadableStream<Uint8Array>;
  translator: StreamTranslator;
  /** For a provider that may frame its events otherwise than as SSE. */
  parser?: EventParser;
  /**
   * Hold the answer back until content has come, not only a first event: what
   * fails while it is held is thrown as a failed attempt, not streamed.
   */
  holdForContent: boolean;
  deadlines: StreamDeadlines;
  /** Aborts the request to the provider. */
  abortUpstream(): void;
  /** Keeps the relay's context alive until the stream has ended, so that its end is always accounted for. */
  waitUntil(promise: Promise<unknown>): void;
  headers?: Record<string, string>;
  gatewayLogId?: string;
}

/** How long a provider whose answer is complete has to close its stream, milliseconds; then it is dropped. */
const LINGER_MS = 50;

/** Translates a provider's SSE in one reader loop; what arrives together is sent together. */
export async function translatedStream(options: TranslatedStreamOptions): Promise<StreamReply> {
  const source = new TranslatedSource(options);
  await source.hold();
  const { readable, writable } = new IdentityTransformStream();
  const ended = source.pumpTo(writable);
  options.waitUntil(ended);
  return {
    response: new Response(readable, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-cache", ...options.headers },
    }),
    usage: () => ended,
    cancel: () => source.cancel(),
  };
}

/** What one read of the provider's stream made; `failure` comes after `text`. */
interface Step {
  text: string;
  failure: ApiError | null;
}

class TranslatedSource {
  readonly #options: TranslatedStreamOptions;
  readonly #reader: ByteReader;
  readonly #parser: EventParser;
  readonly #watchdog: Watchdog;
  #held: Step = { text: "", failure: null };
  #ended = false;
  /** The provider's stream has come to its end, so that there is nothing to drop. */
  #exhausted = false;
  #cancelled = false;
  #timedOut = false;
  /** Content is waited for. */
  #holding: boolean;

  constructor(options: TranslatedStreamOptions) {
    this.#options = options;
    this.#reader = byteReader(options.upstream);
    this.#parser = options.parser ?? new SseParser();
    this.#watchdog = new Watchdog(options.deadlines, () => {
      this.#timedOut = true;
      this.#drop();
    });
    this.#holding = options.holdForContent;
    if (this.#holding) this.#watchdog.holdFor(options.deadlines.contentMs);
  }

  cancel(): void {
    this.#cancelled = true;
    this.#drop();
  }

  /** Reads until there is something worth answering with; throws what fails before. */
  async hold(): Promise<void> {
    const { holdForContent, translator } = this.#options;
    while (!this.#ended && !(holdForContent ? translator.contentSeen : this.#held.text !== "")) {
      const { text, failure } = await this.#next();
      this.#held = { text: this.#held.text + text, failure };
      if (failure !== null && !translator.contentSeen) {
        this.#stop();
        throw failure;
      }
    }
    this.#holding = false;
    this.#watchdog.holdFor(undefined);
  }

  /** Sends everything; resolves when the stream has ended, however it ended. */
  async pumpTo(writable: WritableStream<Uint8Array>): Promise<StreamEnd> {
    const writer = new JoiningWriter(writable);
    let failure: ApiError | null = null;
    let clientLeft = false;
    try {
      for (let step = this.#held; ; step = await this.#next()) {
        failure = step.failure;
        this.#watchdog.rest();
        await writer.write(step.text + (failure === null || this.#cancelled ? "" : errorEvent(failure)));
        this.#watchdog.touch();
        if (this.#ended) break;
      }
      await writer.close();
    } catch {
      clientLeft = true; // only the writer throws here
    }
    const aborted = clientLeft || this.#cancelled;
    this.#watchdog.stop();
    if (!aborted && failure === null) await this.#linger();
    this.#stop();
    return this.#streamEnd(aborted, failure);
  }

  /** After a complete answer: what is left of the provider's stream is mostly its end, and then its connection can be used again. */
  async #linger(): Promise<void> {
    const timer = setTimeout(() => this.#drop(), LINGER_MS);
    try {
      while (!this.#exhausted) this.#exhausted = (await this.#reader.read()).done;
    } catch {
      // Dropped, or broken off: the client has all of it.
    } finally {
      clearTimeout(timer);
    }
  }

  #streamEnd(aborted: boolean, failure: ApiError | null): StreamEnd {
    const { translator, gatewayLogId } = this.#options;
    return {
      end: aborted ? "aborted" : failure === null ? "complete" : "cut",
      usage: translator.usage,
      usageEstimated: translator.usageEstimated,
      ...(failure !== null && { errorCode: failure.code }),
      ...(translator.servedModel !== undefined && { servedModel: translator.servedModel }),
      ...(gatewayLogId !== undefined && { gatewayLogId }),
    };
  }

  async #next(): Promise<Step> {
    const { provider, translator } = this.#options;
    let text = "";
    try {
      const { done, value } = await this.#read();
      for (const event of done ? this.#parser.end() : this.#parser.push(value)) text += translator.push(event);
      this.#exhausted = done;
      const ended = done || translator.finished === true;
      if (ended) text += translator.end();
      this.#ended = ended;
      return { text, failure: null };
    } catch (thrown) {
      this.#ended = true;
      return {
        text,
        failure: this.#timedOut
          ? deadlineError(provider, this.#holding ? "content" : this.#watchdog.missed)
          : toApiError(thrown),
      };
    }
  }

  async #read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    try {
      const result = await this.#reader.read();
      this.#watchdog.touch();
      // A dropped stream may end quietly: that is no end of the provider's.
      if (result.done && (this.#timedOut || this.#cancelled)) throw new Error("dropped");
      return result;
    } catch (thrown) {
      if (this.#options.translator.complete === true && !this.#cancelled) return { done: true, value: undefined };
      // A joined stream (completions-stream.ts) fails with the error of the call that it could not open.
      throw thrown instanceof ApiError ? thrown : networkError(this.#options.provider, thrown);
    }
  }

  #stop(): void {
    this.#watchdog.stop();
    if (!this.#exhausted) this.#drop();
    this.#ended = true;
  }

  #drop(): void {
    this.#options.abortUpstream();
    this.#reader.cancel().catch(() => {});
  }
}
