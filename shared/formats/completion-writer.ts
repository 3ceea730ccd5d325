import type { ApiError } from "../errors.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { ChatAnswer } from "./chat-answer.ts";
import type { ChatEvent, FinishReason } from "./chat-events.ts";
import type { CompletionPlan } from "./completion-request.ts";
import { errorEvent } from "./error-body.ts";
import { SSE_DONE, sseEvent } from "./sse.ts";
import type { AnswerEnvelope, StreamWriter } from "./stream-writer.ts";
import { toOpenAIUsage, type Usage } from "./usage.ts";

interface CompletionChoice {
  text: string;
  index: number;
  logprobs: CompletionLogprobs | null;
  finish_reason: FinishReason | null;
  reasoning_content?: string;
}

/** Four parallel lists. */
interface CompletionLogprobs {
  tokens: unknown[];
  token_logprobs: unknown[];
  top_logprobs: JsonObject[];
  text_offset: number[];
}

/**
 * The answers of the plan's prompts, in order → one text_completion.
 * @param usage tokens of all of them; null when nobody has counted them
 */
export function textCompletion(
  plan: CompletionPlan,
  answers: readonly ChatAnswer[],
  usage: Usage | null,
  { id, created, model }: AnswerEnvelope,
): JsonObject {
  const choices = answers.flatMap((answer, prompt) => {
    const echo = plan.prompts[prompt]?.echo ?? "";
    return answer.choices.map(
      ({ index, text, refusal, reasoning, logprobs, finish }): CompletionChoice => ({
        text: echo + (text ?? "") + (refusal ?? ""),
        index: prompt * plan.n + index,
        logprobs: completionLogprobs(logprobs, echo.length),
        finish_reason: completionFinish(finish),
        ...(reasoning !== "" && { reasoning_content: reasoning }),
      }),
    );
  });
  const counts = usage !== null && { usage: toOpenAIUsage(usage) };
  return { id, object: "text_completion", created, model, choices, ...counts };
}

/** Chat events of the plan's prompts, one after the other → text_completion chunks, whose choice indexes go on. */
export class CompletionStreamWriter implements StreamWriter {
  readonly #plan: CompletionPlan;
  readonly #envelope: AnswerEnvelope;
  readonly #includeUsage: boolean;
  #prompt = 0;
  /** Of each choice that has begun, where its text goes on. */
  readonly #offsets = new Map<number, number>();

  /** @param includeUsage the client asked for `stream_options.include_usage` */
  constructor(plan: CompletionPlan, envelope: AnswerEnvelope, includeUsage: boolean) {
    this.#plan = plan;
    this.#envelope = envelope;
    this.#includeUsage = includeUsage;
  }

  write(event: ChatEvent): string {
    switch (event.type) {
      case "text":
      case "refusal":
        return this.#chunk(event.choice, { text: event.text, logprobs: event.logprobs });
      case "reasoning":
        return this.#chunk(event.choice, { reasoning: event.text, logprobs: event.logprobs });
      case "logprobs":
        return this.#chunk(event.choice, { logprobs: event.logprobs });
      case "finish":
        return this.#chunk(event.choice, { finish: completionFinish(event.reason) });
      default:
        // A completion has no place for calls, images and the like.
        return "";
    }
  }

  nextAnswer(): void {
    this.#prompt++;
    this.#offsets.clear();
  }

  end(usage: Usage | null): string {
    const last = this.#includeUsage && usage !== null ? this.#event([], usage) : "";
    return last + SSE_DONE;
  }

  fail(error: ApiError): string {
    return errorEvent(error);
  }

  #chunk(index: number, { text = "", reasoning = "", logprobs, finish = null }: ChunkParts): string {
    const before = this.#offsets.get(index);
    const echo = before === undefined ? (this.#plan.prompts[this.#prompt]?.echo ?? "") : "";
    const offset = (before ?? 0) + echo.length;
    const scores = completionLogprobs(logprobs, offset);
    this.#offsets.set(index, nextOffset(text, scores, offset));
    const choice: CompletionChoice = {
      text: echo + text,
      index: this.#prompt * this.#plan.n + index,
      logprobs: scores,
      finish_reason: finish,
      ...(reasoning !== "" && { reasoning_content: reasoning }),
    };
    return this.#event([choice], null);
  }

  #event(choices: CompletionChoice[], usage: Usage | null): string {
    const { id, created, model } = this.#envelope;
    // OpenAI writes a null usage into every chunk of a stream that ends with one.
    const counts = this.#includeUsage && { usage: usage && toOpenAIUsage(usage) };
    return sseEvent({ id, object: "text_completion", created, model, choices, ...counts });
  }
}

interface ChunkParts {
  text?: string;
  reasoning?: string;
  logprobs?: JsonObject | null | undefined;
  finish?: FinishReason | null;
}

/** A completion knows no tool calls: its enum is stop, length, content_filter. */
function completionFinish(reason: FinishReason): FinishReason {
  return reason === "tool_calls" || reason === "function_call" ? "stop" : reason;
}

/** Where the text goes on. By the tokens where they are known: their text may come later than they do. */
function nextOffset(text: string, logprobs: CompletionLogprobs | null, offset: number): number {
  const last = logprobs?.text_offset.at(-1);
  return last === undefined ? offset + text.length : last + String(logprobs?.tokens.at(-1)).length;
}

/** A chat's log probabilities in the four parallel lists of a completion; `offset` is where the text starts. */
function completionLogprobs(logprobs: JsonObject | null | undefined, offset: number): CompletionLogprobs | null {
  const content: unknown = logprobs?.["content"];
  if (!Array.isArray(content)) return null;
  const entries: JsonObject[] = content.filter(isObject);
  let at = offset;
  return {
    tokens: entries.map((entry) => entry["token"]),
    token_logprobs: entries.map((entry) => entry["logprob"]),
    top_logprobs: entries.map(({ top_logprobs: top }) => {
      const rows: JsonObject[] = Array.isArray(top) ? top.filter(isObject) : [];
      return Object.fromEntries(rows.map((row) => [String(row["token"]), row["logprob"]]));
    }),
    text_offset: entries.map((entry) => {
      const start = at;
      at += String(entry["token"]).length;
      return start;
    }),
  };
}
