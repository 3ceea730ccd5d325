import { isObject, type JsonObject, tryParseJson } from "../json.ts";
import type { StreamTranslator } from "../upstream/stream.ts";
import {
  type CompletionChoice,
  type CompletionEnvelope,
  type CompletionPlan,
  completionChoice,
} from "./completions.ts";
import { type EventParser, SSE_DONE, sseEvent } from "./sse.ts";
import { addUsage, toOpenAIUsage, type Usage } from "./usage.ts";

/** One prompt's answer as it streams from the provider. */
export interface PromptCall {
  body: ReadableStream<Uint8Array>;
  abort(): void;
}

/** The calls of several prompts as one. */
export interface JoinedCalls extends PromptCall {
  /** Drops the rest of this prompt's stream, if it is still the one that is read: its answer is complete. */
  skip(prompt: number): void;
}

/** Opens a prompt's call; `dropped`, given to all but the first, resolves when nobody wants its answer any more. */
export type OpenPrompt = (dropped?: () => Promise<void>) => Promise<PromptCall>;

/** Event data between the streams of two prompts; not JSON, so no provider's event can be mistaken for it. */
const NEXT_PROMPT = "[NEXT PROMPT]";
/** The chunk between the streams of two prompts, known by its identity: a stream that is not one of bytes hands on what it is given. */
const NEXT_PROMPT_CHUNK = new Uint8Array(1);

/**
 * The streams of several prompts one after the other, each opened when the one
 * before has ended, as the upstream of one translated stream with a
 * PromptsParser and a CompletionStream. The first is opened at once: what it throws is thrown here.
 */
export async function joinedCalls(open: readonly OpenPrompt[]): Promise<JoinedCalls> {
  const [openFirst, ...openLater] = open;
  if (openFirst === undefined) throw new Error("no prompt");
  let current = await openFirst();
  if (openLater.length === 0) return { ...current, skip: () => {} };
  let reader = current.body.getReader();
  let prompt = 0;
  let aborted = false;
  const dropped = Promise.withResolvers<void>();
  const abort = () => {
    aborted = true;
    dropped.resolve();
    current.abort();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        const openNext = openLater.shift();
        if (openNext === undefined) return controller.close();
        current = await openNext(() => dropped.promise);
        if (aborted) return current.abort();
        reader = current.body.getReader();
        prompt++;
        controller.enqueue(NEXT_PROMPT_CHUNK);
      },
      cancel: abort,
    },
    { highWaterMark: 0 },
  );
  const skip = (done: number) => {
    if (done !== prompt) return;
    // Cancelled before it is aborted, it ends and does not fail.
    reader.cancel().catch(() => {});
    current.abort();
  };
  return { body, abort, skip };
}

/** The events of joined calls: each stream is framed, and ends, by itself. */
export class PromptsParser implements EventParser {
  readonly #newParser: () => EventParser;
  #parser: EventParser;

  /** @param newParser of the provider's events */
  constructor(newParser: () => EventParser) {
    this.#newParser = newParser;
    this.#parser = newParser();
  }

  push(bytes: Uint8Array): string[] {
    if (bytes !== NEXT_PROMPT_CHUNK) return this.#parser.push(bytes);
    const last = this.#parser.end();
    this.#parser = this.#newParser();
    return [...last, NEXT_PROMPT];
  }

  end(): string[] {
    return this.#parser.end();
  }
}

export interface CompletionStreamOptions {
  plan: CompletionPlan;
  envelope: CompletionEnvelope;
  includeUsage: boolean;
  /** Of the joined calls that it reads. */
  skip: JoinedCalls["skip"];
  /** A fresh translator of the provider's stream into chat chunks, for each prompt. */
  chatTranslator: () => StreamTranslator;
}

/** Tokens count where they are known, as in a whole answer: their text may come later than they do. */
function nextOffset({ text, logprobs }: CompletionChoice, offset: number): number {
  const last = logprobs?.text_offset.at(-1);
  return last === undefined ? offset + text.length : last + String(logprobs?.tokens.at(-1)).length;
}

/** Chat chunks of the provider's translator → text_completion chunks: one id, choice indexes that go on, one usage, one [DONE]. */
export class CompletionStream implements StreamTranslator {
  readonly #options: CompletionStreamOptions;
  #chat: StreamTranslator;
  #prompt = 0;
  /** Of each choice that has begun, where its text goes on. */
  #offsets = new Map<number, number>();
  /** Of the prompts before this one. */
  #usageBefore: Usage | null = null;
  #contentBefore = false;
  #estimatedBefore = false;

  constructor(options: CompletionStreamOptions) {
    this.#options = options;
    this.#chat = options.chatTranslator();
  }

  get contentSeen(): boolean {
    return this.#contentBefore || this.#chat.contentSeen;
  }

  /** The last prompt's answer is complete. */
  get finished(): boolean {
    return this.#prompt === this.#options.plan.prompts.length - 1 && this.#chat.finished === true;
  }

  get usage(): Usage | null {
    return addUsage(this.#usageBefore, this.#chat.usage);
  }

  get usageEstimated(): boolean {
    return this.#estimatedBefore || this.#chat.usageEstimated;
  }

  get servedModel(): string | undefined {
    return this.#chat.servedModel;
  }

  push(data: string): string {
    if (data !== NEXT_PROMPT) return this.#pushChat(data);
    const text = this.#completionText(this.#chat.end());
    this.#contentBefore = this.contentSeen;
    this.#estimatedBefore = this.usageEstimated;
    this.#usageBefore = this.usage;
    this.#chat = this.#options.chatTranslator();
    this.#offsets.clear();
    this.#prompt++;
    return text;
  }

  #pushChat(data: string): string {
    // Of an earlier prompt: what is left of its stream, perhaps half an event, belongs to no answer.
    if (this.#chat.finished === true && !this.finished) return "";
    const text = this.#completionText(this.#chat.push(data));
    if (this.#chat.finished === true && !this.finished) this.#options.skip(this.#prompt);
    return text;
  }

  end(): string {
    const text = this.#completionText(this.#chat.end());
    const { usage } = this;
    const last = this.#options.includeUsage && usage !== null ? this.#chunk([], toOpenAIUsage(usage)) : "";
    return text + last + SSE_DONE;
  }

  /** `data: {chat chunk}` events → `data: {text_completion chunk}` events. */
  #completionText(chatText: string): string {
    let text = "";
    for (const event of chatText.split("\n\n")) {
      const chunk = tryParseJson(event.slice("data: ".length));
      // [DONE] and the usage chunk of each prompt give way to those of the whole.
      if (!isObject(chunk) || !Array.isArray(chunk["choices"])) continue;
      const choices = chunk["choices"].filter(isObject).flatMap((row) => this.#choice(row));
      if (choices.length > 0) text += this.#chunk(choices);
    }
    return text;
  }

  #choice(row: JsonObject): CompletionChoice[] {
    const { plan } = this.#options;
    const index = typeof row["index"] === "number" ? row["index"] : 0;
    const before = this.#offsets.get(index);
    const echo = before === undefined ? (plan.prompts[this.#prompt]?.echo ?? "") : "";
    const offset = before ?? 0;
    const choice = completionChoice(row, row["delta"], { firstIndex: this.#prompt * plan.n, echo, offset });
    this.#offsets.set(index, nextOffset(choice, offset));
    const { text, finish_reason: finish, reasoning_content: reasoning, logprobs } = choice;
    // Tokens that are a part of a character, or that a stop sequence may begin with, come without text.
    const scored = logprobs !== null && logprobs.tokens.length > 0;
    const says = text !== "" || finish !== null || reasoning !== undefined || scored;
    return says ? [choice] : [];
  }

  #chunk(choices: CompletionChoice[], usage: ReturnType<typeof toOpenAIUsage> | null = null): string {
    const { envelope, includeUsage } = this.#options;
    const { id, created, model } = envelope;
    // OpenAI writes a null usage into every chunk of a stream that ends with one.
    return sseEvent({ id, object: "text_completion", created, model, choices, ...(includeUsage && { usage }) });
  }
}
