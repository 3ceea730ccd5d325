import type { ApiError } from "../errors.ts";
import { type ChatEvent, isContent } from "../formats/chat-events.ts";
import type { StreamWriter } from "../formats/stream-writer.ts";
import { addUsage, type Usage } from "../formats/usage.ts";
import type { StreamConverter } from "./stream.ts";
import { UsageMeter } from "./usage-meter.ts";

/**
 * One answer of a provider's → chat events, one instance an answer. Pure: no
 * clock, no fetch. A thrown ApiError ends the stream: as an error, or, while
 * nothing of content was sent, as a failed attempt.
 */
export interface StreamTranslator {
  /** What the data of one event of the provider's says. */
  push(data: string): ChatEvent[];
  /** What the end of the provider's stream completes; throws when the stream was cut short. */
  end(): ChatEvent[];
  /** The answer is complete, whether or not the provider goes on: no more of its stream is waited for. */
  readonly finished?: boolean;
  /** Text that was generated and is in no event yet. */
  readonly heldText?: string;
}

export interface WrittenAnswersOptions {
  writer: StreamWriter;
  /** A fresh translator for each answer: several prompts of one request are answered one after the other. */
  translator: () => StreamTranslator;
  /** Tokens of a prompt, estimated, for an answer without the provider's counts. */
  estimatePrompt: (prompt: number) => number;
  /** Estimated counts are shown to a client that asks for usage: some providers never count. */
  showEstimates: boolean;
}

/** Translator, writer and meter as one step of the stream loop. */
export class WrittenAnswers implements StreamConverter {
  readonly #options: WrittenAnswersOptions;
  readonly #writer: StreamWriter;
  #translator: StreamTranslator;
  #meter: UsageMeter;
  #answer = 0;
  /** Of the answers before this one. */
  #usageBefore: Usage | null = null;
  #estimatedBefore = false;
  contentSeen = false;
  readonly keepsAnswer = true;
  servedModel: string | undefined;

  constructor(options: WrittenAnswersOptions) {
    this.#options = options;
    this.#writer = options.writer;
    this.#translator = options.translator();
    this.#meter = this.#newMeter();
  }

  get finished(): boolean {
    return this.#translator.finished === true;
  }

  get usage(): Usage | null {
    return addUsage(this.#usageBefore, this.#meter.usage(this.#translator.heldText));
  }

  get usageEstimated(): boolean {
    return this.#estimatedBefore || this.#meter.estimated;
  }

  push(data: string): string {
    return this.#write(this.#translator.push(data));
  }

  endAnswer(): string {
    const text = this.#write(this.#translator.end());
    this.#usageBefore = this.usage;
    this.#estimatedBefore = this.usageEstimated;
    this.#translator = this.#options.translator();
    this.#answer++;
    this.#meter = this.#newMeter();
    this.#writer.nextAnswer?.();
    return text;
  }

  end(): string {
    const text = this.#write(this.#translator.end());
    const isShown = this.#options.showEstimates || !this.usageEstimated;
    return text + this.#writer.end(isShown ? this.usage : null);
  }

  fail(error: ApiError): string {
    return this.#writer.fail(error);
  }

  #newMeter(): UsageMeter {
    const prompt = this.#answer;
    return new UsageMeter(() => this.#options.estimatePrompt(prompt));
  }

  #write(events: ChatEvent[]): string {
    let text = "";
    for (const event of events) {
      this.#meter.observe(event);
      this.contentSeen ||= isContent(event);
      if (event.type === "begun") this.servedModel = event.servedModel ?? this.servedModel;
      text += this.#writer.write(event);
    }
    return text;
  }
}
