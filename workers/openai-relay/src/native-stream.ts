import type { StreamEnd, StreamReply } from "@ai-proxy/shared/contract/relay";
import { ApiError, invalidResponse, toApiError, withUsage } from "@ai-proxy/shared/errors";
import { errorEvent } from "@ai-proxy/shared/formats/error-body";
import type { Attempt } from "@ai-proxy/shared/upstream/attempt";
import { byteReader, READ_BYTES } from "@ai-proxy/shared/upstream/byte-reader";
import { heldTooMuch } from "@ai-proxy/shared/upstream/ceilings";
import { answerError, cutError, deadlineError, emptyCompletion, networkError } from "@ai-proxy/shared/upstream/reply";
import { type StreamDeadlines, Watchdog } from "@ai-proxy/shared/upstream/watchdog";
import { type StreamEnding, streamEnding } from "./stream-ending.ts";
import type { StreamMeter } from "./stream-meter.ts";

export interface NativeStreamOptions {
  provider: string;
  attempt: Attempt;
  upstream: ReadableStream<Uint8Array>;
  meter: StreamMeter;
  /** Hold the answer back until content has come; else only until the first event. */
  holdForContent: boolean;
  /** Whether the stream must end with [DONE], as OpenAI's chats do. */
  endsWithDone: boolean;
  deadlines: StreamDeadlines;
  /** Aborts the request to the provider. */
  abortUpstream(): void;
  /** Keeps the relay's context alive until the stream has ended, so that its end is always accounted for. */
  waitUntil(promise: Promise<unknown>): void;
  headers: Record<string, string>;
  gatewayLogId?: string;
}

/**
 * How often the accounting branch is read, milliseconds. Reading takes more than half of the CPU of a steady
 * stream when it reads every chunk, a third every 250 ms, a quarter every second (bench/README.md).
 */
const ACCOUNTING_INTERVAL_MS = 1_000;

/**
 * Passes a provider's stream on natively: its bytes do not enter JavaScript on
 * their way to the client. Its beginning is read first, since an error there is
 * a failed attempt. Then a tee branch is read now and then for accounting, and
 * at the end what the stream lacks is sent (stream-ending.ts).
 */
export async function nativeStream(options: NativeStreamOptions): Promise<StreamReply> {
  const stream = new NativeStream(options);
  const opening = await stream.open();
  const { readable, writable } = new IdentityTransformStream();
  const ended = stream.carry(opening, writable);
  options.waitUntil(ended);
  return {
    response: new Response(readable, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-cache", ...options.headers },
    }),
    usage: () => ended,
    cancel: () => stream.cancel(),
  };
}

const encoder = new TextEncoder();

interface Opening {
  chunks: Uint8Array[];
  /** The provider has ended its stream already. */
  ended: boolean;
}

class NativeStream {
  readonly #options: NativeStreamOptions;
  readonly #watchdog: Watchdog;
  /** Short enough for the watchdog, which hears of a chunk only when it is read. */
  readonly #pauseMs: number;
  #timedOut = false;
  #cancelled = false;
  /** An error that came in place of the first event; the client gets it in OpenAI's form. */
  #refusal: ApiError | null = null;
  /** What has begun to pass natively and goes no further: an event above the ceiling. */
  #excess: ApiError | null = null;
  /** The main branch has ended: the accounting branch is read to its end without pauses. */
  #draining = false;
  #wake = () => {};

  constructor(options: NativeStreamOptions) {
    this.#options = options;
    this.#pauseMs = Math.min(ACCOUNTING_INTERVAL_MS, options.deadlines.idleMs / 2);
    this.#watchdog = new Watchdog(options.deadlines, () => {
      this.#timedOut = true;
      options.abortUpstream();
    });
    if (options.holdForContent) this.#watchdog.holdFor(options.deadlines.contentMs);
  }

  cancel(): void {
    this.#cancelled = true;
    void this.#drop();
  }

  /** Reads until there is something worth answering with; throws what fails before. */
  async open(): Promise<Opening> {
    try {
      return await this.#readOpening();
    } catch (thrown) {
      this.#watchdog.stop();
      this.#options.abortUpstream();
      throw withUsage(thrown, this.#options.meter.reportedUsage);
    }
  }

  async #readOpening(): Promise<Opening> {
    const { provider, upstream, attempt, meter, holdForContent, endsWithDone } = this.#options;
    const { eventBytes } = attempt.ceilings;
    const reader = upstream.getReader();
    const chunks: Uint8Array[] = [];
    let held = 0;
    while (!(holdForContent ? meter.contentSeen : meter.begun)) {
      const { done, value } = await reader.read().catch((thrown: unknown) => {
        throw this.#timedOut ? this.#nothingYet() : networkError(provider, thrown);
      });
      if (done) {
        this.#checkWholeOpening();
        return { chunks, ended: true };
      }
      this.#watchdog.touch();
      chunks.push(value);
      held += value.byteLength;
      meter.push(value);
      if (meter.error !== null && !meter.contentSeen) throw meter.error;
      if (held > eventBytes && !meter.contentSeen) throw heldTooMuch(provider, eventBytes);
    }
    if (endsWithDone && !meter.readable) throw notAStream(provider);
    this.#watchdog.holdFor(undefined);
    reader.releaseLock();
    return { chunks, ended: false };
  }

  /** A stream that ended before there was anything to answer with. */
  #checkWholeOpening(): void {
    const { provider, meter, holdForContent, endsWithDone } = this.#options;
    if (this.#timedOut) throw this.#nothingYet();
    if (!meter.begun) throw notAStream(provider);
    if (endsWithDone && !meter.complete) throw cutError(provider);
    if (holdForContent && meter.saidNothing) throw emptyCompletion(provider, meter.reportedUsage);
  }

  /** The error for an answer that did not begin in time. */
  #nothingYet(): ApiError {
    const { provider, holdForContent } = this.#options;
    return deadlineError(provider, holdForContent ? "content" : "a first byte");
  }

  /** Sends everything; resolves when the stream has ended, however it ended. */
  async carry({ chunks, ended }: Opening, writable: WritableStream<Uint8Array>): Promise<StreamEnd> {
    let clientLeft = false;
    let broken = false;
    let failure: ApiError | null = null;
    try {
      await writeAll(writable, chunks);
      if (!ended) broken = !((await this.#passComments(writable)) && (await this.#pipe(writable)));
      const ending = this.#ending(broken);
      failure = ending.failure;
      if (!this.#cancelled) await this.#close(writable, ending.text);
    } catch {
      clientLeft = true; // only the writer throws here
    }
    this.#watchdog.stop();
    if (clientLeft) await this.#drop();
    return this.#streamEnd(clientLeft || this.#cancelled, failure);
  }

  /**
   * Passes comments on until the first event, which may be an error (OpenRouter) and is held back until it is whole.
   * False when there is nothing more to pass on.
   */
  async #passComments(writable: WritableStream<Uint8Array>): Promise<boolean> {
    const { upstream, meter, abortUpstream } = this.#options;
    const reader = upstream.getReader();
    const held: Uint8Array[] = [];
    let broken = false;
    while (!meter.eventSeen) {
      const read = await reader.read().catch(() => null);
      broken = read === null;
      if (read === null || read.done) break;
      this.#watchdog.touch();
      held.push(read.value);
      const refusal = this.#meter(read.value);
      if (refusal !== null && !meter.contentSeen) {
        this.#refusal = refusal;
        abortUpstream();
        return false;
      }
      if (meter.betweenEvents) await writeAll(writable, held.splice(0));
    }
    await writeAll(writable, held);
    reader.releaseLock();
    return !broken;
  }

  /** The error that has come instead of an answer, or that these bytes are too many for one event. */
  #meter(bytes: Uint8Array): ApiError | null {
    const { meter } = this.#options;
    try {
      meter.push(bytes);
      return meter.error;
    } catch (thrown) {
      return toApiError(answerError(thrown));
    }
  }

  /** Pipes to the client and reads the accounting branch beside it; false when the pipe broke, on either side. */
  async #pipe(writable: WritableStream<Uint8Array>): Promise<boolean> {
    const [main, branch] = this.#options.upstream.tee();
    const accounting = this.#account(branch);
    const whole = await main.pipeTo(writable, { preventClose: true, preventAbort: true }).then(
      () => true,
      () => false,
    );
    this.#draining = true;
    // When the client has left, the accounting branch alone would keep the provider running.
    if (whole) this.#wake();
    else await this.#drop();
    await accounting;
    return whole;
  }

  async #account(branch: ReadableStream<Uint8Array>): Promise<void> {
    const reader = byteReader(branch);
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        this.#watchdog.touch();
        this.#options.meter.push(value);
        if (!this.#draining && value.byteLength < READ_BYTES) await this.#pause();
      }
    } catch (thrown) {
      // Else the provider broke off, or was dropped: the pipe tells.
      if (!(thrown instanceof ApiError)) return;
      this.#excess = thrown;
      this.#options.abortUpstream();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#pauseMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #ending(broken: boolean): StreamEnding {
    const { provider, attempt, meter, endsWithDone } = this.#options;
    if (this.#refusal !== null) {
      const failure = attempt.exit.error(this.#refusal);
      return { text: errorEvent(failure), failure };
    }
    // Whatever the event was, it ends here.
    if (this.#excess !== null) return { text: `\n\n${errorEvent(this.#excess)}`, failure: this.#excess };
    const cut = this.#timedOut ? deadlineError(provider, this.#watchdog.missed) : cutError(provider);
    return streamEnding(meter, { endsWithDone, broken, cut });
  }

  async #close(writable: WritableStream<Uint8Array>, text: string): Promise<void> {
    const writer = writable.getWriter();
    if (text !== "") await writer.write(encoder.encode(text));
    await writer.close();
  }

  #streamEnd(aborted: boolean, failure: ApiError | null): StreamEnd {
    const { meter, gatewayLogId } = this.#options;
    return {
      end: aborted ? "aborted" : failure === null ? "complete" : "cut",
      usage: meter.usage,
      usageEstimated: meter.usageEstimated,
      ...(failure !== null && { errorCode: failure.code }),
      ...(meter.servedModel !== undefined && { servedModel: meter.servedModel }),
      ...(gatewayLogId !== undefined && { gatewayLogId }),
    };
  }

  /** Drops the provider, once what it has sent already is counted. */
  async #drop(): Promise<void> {
    this.#draining = true;
    this.#wake();
    await scheduler.wait(1);
    this.#options.abortUpstream();
  }
}

function notAStream(provider: string): ApiError {
  return invalidResponse(`${provider} answered a request for a stream with something else.`);
}

async function writeAll(writable: WritableStream<Uint8Array>, chunks: readonly Uint8Array[]): Promise<void> {
  const writer = writable.getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  writer.releaseLock();
}
