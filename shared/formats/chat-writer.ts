import type { ApiError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import type { AnswerChoice, ChatAnswer } from "./chat-answer.ts";
import type {
  AudioEvent,
  BegunEvent,
  ChatEvent,
  CitationsEvent,
  ContentEvent,
  FinishEvent,
  FinishReason,
  ImageEvent,
  ProviderStepEvent,
  SignatureEvent,
  ToolArgumentsEvent,
  ToolCall,
  ToolCallEvent,
} from "./chat-events.ts";
import { errorEvent } from "./error-body.ts";
import { extraMembers, type MessageExtras } from "./extra-content.ts";
import { SSE_DONE } from "./sse.ts";
import type { AnswerEnvelope, StreamWriter } from "./stream-writer.ts";
import { toOpenAIUsage, type Usage } from "./usage.ts";

/** What OpenAI says of an audio answer beside its data: no transcript is written, and no file is kept that could expire. */
const AUDIO_REST = { expires_at: 0, transcript: "" };

/** How an answer's calls are written: as tools, or as the one `function_call` of the form before them. */
export type CallForm = "tools" | "function";

/** A whole answer → OpenAI's chat.completion. */
export function chatCompletion(answer: ChatAnswer, envelope: AnswerEnvelope, form: CallForm = "tools"): JsonObject {
  return {
    id: answer.id ?? envelope.id,
    object: "chat.completion",
    created: answer.created ?? envelope.created,
    model: envelope.model,
    ...answer.members,
    choices: answer.choices.map((choice) => ({
      index: choice.index,
      message: message(choice, form),
      logprobs: choice.logprobs,
      finish_reason: finishIn(form, choice.finish),
    })),
    ...(answer.usage !== null && { usage: toOpenAIUsage(answer.usage) }),
  };
}

function message(choice: AnswerChoice, form: CallForm): JsonObject {
  const { reasoning, refusal, annotations, toolCalls, audio } = choice;
  return {
    role: "assistant",
    content: contentOf(choice),
    refusal,
    ...(annotations !== null && { annotations }),
    ...(reasoning !== "" && { reasoning_content: reasoning }),
    ...(form === "tools" ? wholeCalls(toolCalls) : functionCall(toolCalls[0])),
    ...(audio !== null && { audio: { ...audio, ...AUDIO_REST } }),
    ...extraMembers(choice),
    ...choice.members,
  };
}

/** OpenAI's clients expect null, not "", beside tool calls, a refusal or audio. */
function contentOf({ text, toolCalls, audio, refusal }: AnswerChoice): string | null {
  return text === "" && (toolCalls.length > 0 || audio !== null || refusal !== null) ? null : text;
}

function wholeCalls(calls: readonly ToolCall[]): JsonObject {
  return calls.length > 0 ? { tool_calls: calls.map(wholeCall) } : {};
}

function functionCall(call: ToolCall | undefined): JsonObject {
  return call === undefined ? {} : { function_call: { name: call.name, arguments: call.arguments } };
}

function finishIn(form: CallForm, reason: FinishReason): FinishReason {
  return form === "function" && reason === "tool_calls" ? "function_call" : reason;
}

function wholeCall({ id, kind, name, arguments: args, extraContent }: ToolCall): JsonObject {
  return {
    id,
    type: kind,
    ...(kind === "custom" ? { custom: { name, input: args } } : { function: { name, arguments: args } }),
    ...(extraContent !== undefined && { extra_content: extraContent }),
  };
}

/** A choice as the client has seen it so far. */
interface Choice {
  index: number;
  /** Its first delta, which has the role, was sent. */
  begun: boolean;
  speaks: boolean;
  /** Sent in one delta at its end: openai-node's stream() keeps only the last of such members, openai-python's joins their texts. */
  extras: { -readonly [Name in keyof MessageExtras]: MessageExtras[Name] };
}

/**
 * Chat events → OpenAI's chat.completion.chunk events, one an event, each choice
 * with its role in its first delta. Chunks are put together as text, since
 * this runs for each token.
 */
export class ChatStreamWriter implements StreamWriter {
  readonly #envelope: AnswerEnvelope;
  readonly #includeUsage: boolean;
  readonly #form: CallForm;
  readonly #choices = new Map<number, Choice>();
  /** Beginning and end that all chunks share. */
  #head: string;
  readonly #tail: string;

  /** @param includeUsage the client asked for `stream_options.include_usage` */
  constructor(envelope: AnswerEnvelope, includeUsage: boolean, form: CallForm = "tools") {
    this.#envelope = envelope;
    this.#includeUsage = includeUsage;
    this.#form = form;
    this.#head = chunkHead(envelope, { type: "begun", members: {} });
    // OpenAI writes a null usage into every chunk of a stream that ends with one.
    this.#tail = includeUsage ? '],"usage":null}\n\n' : "]}\n\n";
  }

  write(event: ChatEvent): string {
    switch (event.type) {
      case "text":
        return this.#delta(event, `"content":${JSON.stringify(event.text)}`);
      case "reasoning":
        return this.#delta(event, `"reasoning_content":${JSON.stringify(event.text)}`);
      case "refusal":
        return this.#delta(event, `"refusal":${JSON.stringify(event.text)}`);
      case "tool_call":
      case "tool_arguments":
        return this.#call(event);
      case "audio":
        return this.#delta(event, `"audio":${JSON.stringify(this.#audio(event))}`);
      case "members":
        return this.#delta(event, JSON.stringify(event.members).slice(1, -1));
      case "logprobs":
        return this.#delta(event, "");
      case "begun":
        this.#head = chunkHead(this.#envelope, event);
        return "";
      case "usage":
        return "";
      case "finish":
        return this.#finish(event);
      default:
        this.#keep(event);
        return "";
    }
  }

  end(usage: Usage | null): string {
    if (!this.#includeUsage || usage === null) return SSE_DONE;
    return `${this.#head}],"usage":${JSON.stringify(toOpenAIUsage(usage))}}\n\n${SSE_DONE}`;
  }

  fail(error: ApiError): string {
    return errorEvent(error);
  }

  #choice(index: number): Choice {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    const choice = { index, begun: false, speaks: false, extras: { ...NO_EXTRAS } };
    this.#choices.set(index, choice);
    return choice;
  }

  #delta({ choice, logprobs }: ContentEvent, fields: string): string {
    return this.#chunk(this.#choice(choice), fields, "null", logprobs ? JSON.stringify(logprobs) : "null");
  }

  #call(event: ToolCallEvent | ToolArgumentsEvent): string {
    const { index } = event;
    if (this.#form === "tools") {
      const delta = event.type === "tool_call" ? { index, ...wholeCall(event.call) } : moreArguments(event);
      return this.#delta(event, `"tool_calls":[${JSON.stringify(delta)}]`);
    }
    // The old form has room for one call.
    if (index > 0) return "";
    const delta = event.type === "tool_call" ? functionCall(event.call) : { function_call: { arguments: event.text } };
    return this.#delta(event, JSON.stringify(delta).slice(1, -1));
  }

  /** The id comes once (openai-python's stream() joins texts); `expires_at` alone, at the end, tells openai-node that it is over. */
  #audio({ choice: index, id, data }: AudioEvent): JsonObject {
    const choice = this.#choice(index);
    if (choice.speaks) return { data };
    choice.speaks = true;
    return { id, data, transcript: AUDIO_REST.transcript };
  }

  #keep(event: ImageEvent | SignatureEvent | ProviderStepEvent | CitationsEvent): void {
    const { extras } = this.#choice(event.choice);
    switch (event.type) {
      case "image":
        extras.images = [...extras.images, event];
        break;
      case "signature":
        extras.signature = event.signature;
        break;
      case "provider_step":
        extras.providerSteps = [...extras.providerSteps, event.step];
        break;
      case "citations":
        extras.annotations = event.annotations;
        extras.sources = event.sources;
        break;
      default:
        event satisfies never;
    }
  }

  #finish({ choice: index, reason }: FinishEvent): string {
    const choice = this.#choice(index);
    const { annotations } = choice.extras;
    const last = { ...(annotations?.length && { annotations }), ...extraMembers(choice.extras) };
    const audioEnd = choice.speaks ? `"audio":{"expires_at":${AUDIO_REST.expires_at}}` : "";
    const extras = Object.keys(last).length === 0 ? "" : JSON.stringify(last).slice(1, -1);
    return [audioEnd, extras]
      .filter((fields) => fields !== "")
      .map((fields) => this.#chunk(choice, fields, "null", "null"))
      .concat(this.#chunk(choice, "", `"${finishIn(this.#form, reason)}"`, "null"))
      .join("");
  }

  /** @param fields members of the delta as JSON text, without braces */
  #chunk(choice: Choice, fields: string, finish: string, logprobs: string): string {
    const delta = choice.begun ? fields : firstDelta(fields);
    choice.begun = true;
    return `${this.#head}{"index":${choice.index},"delta":{${delta}},"logprobs":${logprobs},"finish_reason":${finish}}${this.#tail}`;
  }
}

const NO_EXTRAS: MessageExtras = {
  annotations: null,
  images: [],
  signature: undefined,
  providerSteps: [],
  sources: null,
};

function chunkHead(envelope: AnswerEnvelope, { id, created, members }: BegunEvent): string {
  const head = JSON.stringify({
    id: id ?? envelope.id,
    object: "chat.completion.chunk",
    created: created ?? envelope.created,
    model: envelope.model,
    ...members,
  });
  return `data: ${head.slice(0, -1)},"choices":[`;
}

/** Deltas before which a choice has null for its content, as OpenAI's streams have it. */
const NOT_TEXT = /^"(?:reasoning_content|refusal|tool_calls|function_call|audio)"/;

function firstDelta(fields: string): string {
  if (fields.startsWith('"content"')) return `"role":"assistant",${fields}`;
  const content = NOT_TEXT.test(fields) ? "null" : '""';
  return `"role":"assistant","content":${content}${fields === "" ? "" : `,${fields}`}`;
}

function moreArguments({ index, kind, text }: ToolArgumentsEvent): JsonObject {
  return { index, ...(kind === "custom" ? { custom: { input: text } } : { function: { arguments: text } }) };
}
