import type { Unchecked } from "@ai-proxy/shared/json";
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionMessage } from "openai/resources/chat/completions";
import type { Completion, CompletionChoice } from "openai/resources/completions";
import type { ErrorObject } from "openai/resources/shared";

// What OpenAI-compatible servers answer with, as it is read: OpenAI's names, and beside them those that vendors add.

/** A whole answer of any endpoint, or a chunk of a stream. */
export type Answer = Unchecked<ChatCompletion> & Unchecked<Completion> & Unchecked<ChatCompletionChunk>;

/** A choice of a whole answer or of a chunk. Moonshot's carries the counts of the answer that it ends. */
export type Choice = Unchecked<ChatCompletion.Choice> &
  Unchecked<ChatCompletionChunk.Choice> &
  Unchecked<CompletionChoice> &
  Unchecked<{ usage: unknown }>;

/** What a choice says: a message, or a part of one. Reasoning and images are vendors'. */
export type Message = Unchecked<ChatCompletionMessage> &
  Unchecked<ChatCompletionChunk.Choice.Delta> &
  Unchecked<{ reasoning: string; reasoning_content: string; images: unknown[] }>;

export type ToolCall = Unchecked<ChatCompletionChunk.Choice.Delta.ToolCall> &
  Unchecked<{ custom: { name?: string; input?: string } }>;

/** The function or the custom tool that is called. */
export type CalledTool = Unchecked<ChatCompletionChunk.Choice.Delta.ToolCall.Function> & Unchecked<{ input: string }>;

/** An error object. The others put a status beside or in place of the code, and other words for the message. */
export type ErrorShape = Unchecked<ErrorObject> &
  Unchecked<{ status: number; status_code: number; detail: unknown; errors: unknown }>;

/** Where an error stands in a body: OpenAI's envelope, vLLM's and Mistral's `object`, Cloudflare's lists. */
export type ErrorEnvelope = ErrorShape & Unchecked<{ error: ErrorObject; object: string; httpCode: number }>;
