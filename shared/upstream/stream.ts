import type { StreamEnd, StreamReply } from "../contract/relay.ts";
import { type ApiError, withUsage } from "../errors.ts";
import { type EventParser, SseParser } from "../formats/sse.ts";
import type { Usage } from "../formats/usage.ts";
import type { Attempt } from "./attempt.ts";
import { type ByteReader, byteReader } from "./byte-reader.ts";
import { answerTooLarge, heldTooMuch } from "./ceilings.ts";
import { JoiningWriter } from "./joining-writer.ts";
import { answerError, cancelledError, deadlineError, networkError } from "./reply.ts";
import { type StreamDeadlines, Watchdog } from "./watchdog.ts";

/**
 * The events of a provider's stream → the text that the client gets, one
 * instance a stream. Pure. A thrown ApiError ends the stream: as an error, or,
 * while nothing of content was sent, as a failed attempt.
 */
export interface StreamConverter {
  /** The text that the data of one event becomes, "" for none. */
  push(data: string): string;
  /** This answer is complete and another prompt's follows; throws when it was cut short. */
  endAnswer?(): string;
  /** The provider ended its stream: the closing text; throws when the stream was cut short. */
  end(): string;
  /** How the client is told that the stream ends with an error. */
  fail(error: ApiError): string;
  /** Real content (text, reasoning, a tool call, a refusal) has been converted. */
  readonly contentSeen: boolean;
  /** It may keep what it has read until the end, so that the ceiling of a whole answer counts. */
  readonly keepsAnswer?: boolean;
  /** The answer is complete, whether or not the provider goes on: no more of its stream is waited for. */
  readonly finished?: boolean;
  /** The provider has said that the answer is over, though not that its stream is: nothing is lost if it breaks off now. */
  readonly complete?: boolean;
  /** What is known so far; null when the provider has sent no counts. */
  readonly usage: Usage | null;
  readonly usageEstimated: boolean;
  /** Model version that serves, once the provider has said so. */
  readonly servedModel: string | undefined;
}

/** A provider's answer as it streams. */
export interface UpstreamStream {
  body: ReadableStream<Uint8Array>;
  /** Aborts the request to the provider. */
  abort(): void;
}

/** Asks for a later prompt's answer; `dropped` resolves when nobody wants it any more. */
export type OpenStream = (dropped: () => Promise<void>) => Promise<UpstreamStream>;

export interface ConvertedStreamOptions {
  provider: string;
  upstream: UpstreamStream;
  /** The answers of further prompts, each asked for once the one before is complete. */
  later?: readonly OpenStream[];
  converter: StreamConverter;
  /** Its exit, its ceilings, and whether it is still wanted. */
  attempt: Attempt;
  /** For a provider that may frame its events otherwise than as SSE. `most`: characters of an event. */
  newParser?: (most: number) => EventParser;
  /**
   * Hold the answer back until content has come, not only a first event: what
   * fails while it is held is thrown as a failed attempt, not streamed.
   */
  holdForContent: boolean;
  deadlines: StreamDeadlines;
  /** Keeps the relay's context alive until the stream has ended, so that its end is always accounted for. */
  waitUntil(promise: Promise<unknown>): void;
  headers?: Record<string, string>;
  gatewayLogId?: string;
}

/** How long a provider whose answer is complete has to close its stream, milliseconds; then it is dropped. */
const LINGER_MS = 50;

/** Converts a provider's stream in one reader loop; what arrives together is sent together. */
export async function convertedStream(options: ConvertedStreamOptions): Promise<StreamReply> {
  const loop = new StreamLoop(options);
  await loop.hold();
  const { readable, writable } = new IdentityTransformStream();
  const ended = loop.pumpTo(writable);
  options.waitUntil(ended);
  return {
    response: new Response(readable, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-cache", ...options.headers },
    }),
    usage: () => ended,
    cancel: () => loop.cancel(),
  };
}

/** What one read of the provider's stream made; `failure` comes after `text`. */
interface Step {
  text: string;
  failure: ApiError | null;
}

class StreamLoop {
  readonly #options: ConvertedStreamOptions;
  readonly #watchdog: Watchdog;
  readonly #later: OpenStream[];
  #upstream: UpstreamStream;
  #reader: ByteReader;
  #parser: EventParser;
  #held: Step = { text: "", failure: null };
  /** This prompt's answer is complete and the next one is still to be asked for. */
  #nextIsDue = false;
  #ended = false;
  /** Of the events of this prompt's answer. */
  #characters = 0;
  /** The provider's stream has come to its end, so that there is nothing to drop. */
  #exhausted = false;
  #cancelled = false;
  #timedOut = false;
  readonly #dropped = Promise.withResolvers<void>();
  /** Content is waited for. */
  #holding: boolean;

  constructor(options: ConvertedStreamOptions) {
    this.#options = options;
    this.#later = [...(options.later ?? [])];
    this.#upstream = options.upstream;
    this.#reader = byteReader(options.upstream.body);
    this.#parser = this.#newParser();
    this.#watchdog = new Watchdog(options.deadlines, () => {
      this.#timedOut = true;
      this.#drop();
    });
    this.#holding = options.holdForContent;
    if (this.#holding) this.#watchdog.holdFor(options.deadlines.contentMs);
    options.attempt.request.cancelled?.().then(
      () => this.cancel(),
      () => {},
    );
  }

  cancel(): void {
    this.#cancelled = true;
    this.#drop();
  }

  /** Reads until there is something worth answering with; throws what fails before. */
  async hold(): Promise<void> {
    const { provider, holdForContent, converter, attempt } = this.#options;
    const { eventBytes } = attempt.ceilings;
    while (!this.#ended && !(holdForContent ? converter.contentSeen : this.#held.text !== "")) {
      const { text, failure } = await this.#next();
      this.#held = { text: this.#held.text + text, failure };
      if (converter.contentSeen) continue;
      const tooMuch = this.#held.text.length > eventBytes ? heldTooMuch(provider, eventBytes) : null;
      if (failure !== null || tooMuch !== null) {
        this.#stop();
        throw withUsage(failure ?? tooMuch, converter.usageEstimated ? null : converter.usage);
      }
    }
    this.#holding = false;
    this.#watchdog.holdFor(undefined);
  }

  /** Sends everything; resolves when the stream has ended, however it ended. */
  async pumpTo(writable: WritableStream<Uint8Array>): Promise<StreamEnd> {
    const { converter, attempt } = this.#options;
    const writer = new JoiningWriter(writable);
    let failure: ApiError | null = null;
    let clientLeft = false;
    try {
      for (let step = this.#held; ; step = await this.#next()) {
        failure = step.failure;
        this.#watchdog.rest();
        const last = failure === null || this.#cancelled ? "" : converter.fail(failure);
        await writer.write(attempt.exit.json(step.text + last));
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
    const { converter, gatewayLogId } = this.#options;
    return {
      end: aborted ? "aborted" : failure === null ? "complete" : "cut",
      usage: converter.usage,
      usageEstimated: converter.usageEstimated,
      ...(failure !== null && { errorCode: failure.code }),
      ...(converter.servedModel !== undefined && { servedModel: converter.servedModel }),
      ...(gatewayLogId !== undefined && { gatewayLogId }),
    };
  }

  async #next(): Promise<Step> {
    const { converter } = this.#options;
    let text = "";
    try {
      if (this.#nextIsDue) await this.#openNext();
      const { done, value } = await this.#read();
      for (const event of done ? this.#parser.end() : this.#parser.push(value)) text += this.#convert(event);
      this.#exhausted = done;
      if (done || converter.finished === true) text += this.#endAnswer();
      return { text, failure: null };
    } catch (thrown) {
      this.#ended = true;
      return {
        text,
        failure: this.#failureOf(thrown),
      };
    }
  }

  #failureOf(thrown: unknown): ApiError {
    const { provider, attempt } = this.#options;
    if (this.#cancelled) return cancelledError();
    if (this.#timedOut) return deadlineError(provider, this.#holding ? "content" : this.#watchdog.missed);
    return attempt.exit.error(answerError(thrown));
  }

  /** What comes behind a complete answer, perhaps half an event, belongs to no answer of several. */
  #convert(event: string): string {
    const { provider, converter, attempt } = this.#options;
    const { answerBytes } = attempt.ceilings;
    this.#characters += event.length;
    if (converter.keepsAnswer === true && this.#characters > answerBytes) throw answerTooLarge(provider, answerBytes);
    return this.#later.length > 0 && converter.finished === true ? "" : converter.push(event);
  }

  #endAnswer(): string {
    const { converter } = this.#options;
    this.#nextIsDue = this.#later.length > 0;
    this.#ended = !this.#nextIsDue;
    return (this.#nextIsDue ? converter.endAnswer?.() : converter.end()) ?? "";
  }

  async #openNext(): Promise<void> {
    this.#nextIsDue = false;
    const open = this.#later.shift();
    if (open === undefined) return;
    if (!this.#exhausted) this.#dropUpstream();
    this.#upstream = await open(() => this.#dropped.promise);
    if (this.#cancelled || this.#timedOut) throw new Error("dropped");
    this.#exhausted = false;
    this.#characters = 0;
    this.#reader = byteReader(this.#upstream.body);
    this.#parser = this.#newParser();
    this.#watchdog.touch();
  }

  #newParser(): EventParser {
    const { newParser, attempt } = this.#options;
    const { eventBytes } = attempt.ceilings;
    return newParser?.(eventBytes) ?? new SseParser(eventBytes);
  }

  async #read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    try {
      const result = await this.#reader.read();
      this.#watchdog.touch();
      // A dropped stream may end quietly: that is no end of the provider's.
      if (result.done && (this.#timedOut || this.#cancelled)) throw new Error("dropped");
      return result;
    } catch (thrown) {
      if (this.#options.converter.complete === true && !this.#cancelled) return { done: true, value: undefined };
      throw networkError(this.#options.provider, thrown);
    }
  }

  #stop(): void {
    this.#watchdog.stop();
    if (!this.#exhausted) this.#drop();
    this.#ended = true;
  }

  #drop(): void {
    this.#dropped.resolve();
    this.#dropUpstream();
  }

  #dropUpstream(): void {
    this.#upstream.abort();
    this.#reader.cancel().catch(() => {});
  }
}
