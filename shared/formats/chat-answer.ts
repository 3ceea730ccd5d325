import type { JsonObject } from "../json.ts";
import type { Annotation, BegunEvent, ChatEvent, FinishReason, ImageEvent, ToolCall } from "./chat-events.ts";
import type { Usage } from "./usage.ts";

/** A whole answer, whatever format the provider speaks. */
export interface ChatAnswer {
  id: string | undefined;
  /** Seconds since the epoch. */
  created: number | undefined;
  servedModel: string | undefined;
  /** Members beside choices and usage. */
  members: JsonObject;
  /** In the order of their indexes. */
  choices: AnswerChoice[];
  /** The provider's own counts; null when it gave none. */
  usage: Usage | null;
}

export interface AnswerChoice {
  index: number;
  /** Null when the choice has no text. */
  text: string | null;
  reasoning: string;
  refusal: string | null;
  toolCalls: ToolCall[];
  audio: { id: string; data: string } | null;
  images: ImageEvent[];
  signature: string | undefined;
  providerSteps: JsonObject[];
  /** Null where the provider has no citations at all. */
  annotations: Annotation[] | null;
  sources: JsonObject | null;
  members: JsonObject;
  logprobs: JsonObject | null;
  finish: FinishReason;
}

/** The events of an answer, in order → the whole answer. */
export function collectAnswer(events: Iterable<ChatEvent>): ChatAnswer {
  const choices = new Map<number, AnswerChoice>();
  const choiceOf = (index: number): AnswerChoice => {
    const choice = choices.get(index) ?? emptyChoice(index);
    choices.set(index, choice);
    return choice;
  };
  let begun: BegunEvent = { type: "begun", members: {} };
  let usage: Usage | null = null;
  for (const event of events) {
    if (event.type === "begun") begun = { ...begun, ...event };
    else if (event.type === "usage") usage = event.usage;
    else addEvent(choiceOf(event.choice), event);
  }
  const { id, created, servedModel, members } = begun;
  return {
    id,
    created,
    servedModel,
    members,
    choices: [...choices.values()].toSorted((a, b) => a.index - b.index),
    usage,
  };
}

function emptyChoice(index: number): AnswerChoice {
  return {
    index,
    text: null,
    reasoning: "",
    refusal: null,
    toolCalls: [],
    audio: null,
    images: [],
    signature: undefined,
    providerSteps: [],
    annotations: null,
    sources: null,
    members: {},
    logprobs: null,
    finish: "stop",
  };
}

function addEvent(choice: AnswerChoice, event: Exclude<ChatEvent, { type: "begun" | "usage" }>): void {
  if ("logprobs" in event && event.logprobs) choice.logprobs = joinLogprobs(choice.logprobs, event.logprobs);
  switch (event.type) {
    case "text":
      choice.text = (choice.text ?? "") + event.text;
      break;
    case "reasoning":
      choice.reasoning += event.text;
      break;
    case "refusal":
      choice.refusal = (choice.refusal ?? "") + event.text;
      break;
    case "tool_call":
      choice.toolCalls[event.index] = event.call;
      break;
    case "tool_arguments": {
      const call = choice.toolCalls[event.index];
      if (call !== undefined) choice.toolCalls[event.index] = { ...call, arguments: call.arguments + event.text };
      break;
    }
    case "audio":
      choice.audio = { id: event.id, data: (choice.audio?.data ?? "") + event.data };
      break;
    case "members":
      choice.members = { ...choice.members, ...event.members };
      break;
    case "image":
      choice.images.push(event);
      break;
    case "signature":
      choice.signature = event.signature;
      break;
    case "provider_step":
      choice.providerSteps.push(event.step);
      break;
    case "citations":
      choice.annotations = event.annotations;
      choice.sources = event.sources;
      break;
    case "finish":
      choice.finish = event.reason;
      break;
    case "logprobs":
      break;
    default:
      event satisfies never;
  }
}

/** `{content: [a]}` and `{content: [b]}` → `{content: [a, b]}` */
function joinLogprobs(before: JsonObject | null, more: JsonObject): JsonObject {
  const content = before?.["content"];
  const added = more["content"];
  if (!Array.isArray(content) || !Array.isArray(added)) return more;
  return { ...before, content: [...content, ...added] };
}
