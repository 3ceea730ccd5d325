import type { JsonObject } from "../json.ts";
import type { Usage } from "./usage.ts";

/**
 * What a provider's answer says, in the order in which it says it, whatever
 * format the provider speaks. A relay's translator makes these events; a writer
 * of this folder makes a client format's bytes of them. What fails is thrown as
 * an ApiError, not an event.
 */
export type ChatEvent =
  | BegunEvent
  | ContentEvent
  | ImageEvent
  | SignatureEvent
  | ProviderStepEvent
  | CitationsEvent
  | FinishEvent
  | UsageEvent;

/** Events that say something to the client as they come. */
export type ContentEvent =
  | TextEvent
  | ReasoningEvent
  | RefusalEvent
  | ToolCallEvent
  | ToolArgumentsEvent
  | AudioEvent
  | LogprobsEvent
  | MembersEvent;

/** The provider has begun to answer. Comes again when later chunks carry other members. */
export interface BegunEvent {
  type: "begun";
  /** The provider's own id of the answer, where clients shall see it. */
  id?: string | undefined;
  /** Seconds since the epoch, likewise. */
  created?: number | undefined;
  /** Model version that serves, where the provider says so. */
  servedModel?: string | undefined;
  /** Members of the answer beside choices and usage: `system_fingerprint`, `service_tier`. */
  members: JsonObject;
}

interface OfChoice {
  /** Index of the choice, from 0. */
  choice: number;
  /** OpenAI's `logprobs` of the tokens that this event says. */
  logprobs?: JsonObject | null | undefined;
}

export interface TextEvent extends OfChoice {
  type: "text";
  text: string;
}

export interface ReasoningEvent extends OfChoice {
  type: "reasoning";
  text: string;
}

/** Why there is no answer, in the model's or the provider's words. */
export interface RefusalEvent extends OfChoice {
  type: "refusal";
  text: string;
}

export interface ToolCall {
  id: string;
  kind: "function" | "custom";
  name: string;
  /** JSON text of a function's arguments, or a custom tool's input. */
  arguments: string;
  /** What the provider wants back with the call: `{google: {thought_signature}}`. */
  extraContent?: JsonObject | undefined;
}

/** A tool call, or its beginning where arguments come in pieces. */
export interface ToolCallEvent extends OfChoice {
  type: "tool_call";
  /** Its place among the calls of the choice, from 0. */
  index: number;
  call: ToolCall;
}

/** More arguments of a call that has begun. */
export interface ToolArgumentsEvent extends OfChoice {
  type: "tool_arguments";
  index: number;
  kind: ToolCall["kind"];
  text: string;
}

/** What the model says aloud; the pieces of a choice join to one base64 text. */
export interface AudioEvent extends OfChoice {
  type: "audio";
  id: string;
  data: string;
}

/** Log probabilities of tokens that come without text: a part of a character, a possible stop sequence. */
export interface LogprobsEvent extends OfChoice {
  type: "logprobs";
}

/** Members of the message that OpenAI's own format has and no other event names. */
export interface MembersEvent extends OfChoice {
  type: "members";
  members: JsonObject;
  /** They are a part of the answer, not only about it. */
  says: boolean;
}

export interface ImageEvent {
  type: "image";
  choice: number;
  /** data: URL */
  url: string;
  signature: string | undefined;
}

/** The provider's encrypted state of its reasoning, to come back with the message. */
export interface SignatureEvent {
  type: "signature";
  choice: number;
  signature: string;
}

/** A step of the provider's own tools, as the provider wrote it. */
export interface ProviderStepEvent {
  type: "provider_step";
  choice: number;
  step: JsonObject;
}

/** OpenAI's form of a source; indexes count characters (code points) of the message. */
export interface Annotation {
  type: "url_citation";
  url_citation: { start_index: number; end_index: number; url: string; title: string };
}

/** What a choice cites; known at its end. */
export interface CitationsEvent {
  type: "citations";
  choice: number;
  annotations: Annotation[];
  /** What the provider's own tools found, in its own form; null when there is nothing. */
  sources: JsonObject | null;
}

export type FinishReason = "stop" | "length" | "tool_calls" | "function_call" | "content_filter";

/** A choice has ended; nothing of it follows. */
export interface FinishEvent {
  type: "finish";
  choice: number;
  reason: FinishReason;
}

/** The provider's own counts of the answer so far; the last ones count. */
export interface UsageEvent {
  type: "usage";
  usage: Usage;
}

/** Whether an event is of the answer itself, so that a client has something to read. */
export function isContent(event: ChatEvent): boolean {
  switch (event.type) {
    case "text":
    case "reasoning":
    case "refusal":
    case "tool_call":
    case "tool_arguments":
    case "audio":
      return true;
    case "members":
      return event.says;
    default:
      return false;
  }
}
