import { isObject, type JsonObject } from "../../shared/json.ts";
import { findModel } from "../../shared/registry.ts";
import { type Reply, type ReplyMessage, replyTo, textOf } from "../replies.ts";
import { schemaOfFormat } from "../schema-of-format.ts";
import { embeddingVectors } from "./embedding-vectors.ts";
import { inputError, type ModelError, noSuchModel } from "./errors.ts";
import { nativeBody, nativeEvents } from "./native.ts";
import { openaiBody, openaiEvents } from "./openai-shaped.ts";
import { type Spoken, speak } from "./spoken.ts";

/** What the binding answers, before it takes the form that the caller asked for. Events are the data of SSE events. */
export type Answer =
  | { kind: "json"; body: JsonObject }
  | { kind: "events"; events: string[] }
  | { kind: "error"; error: ModelError };

/** The stand-in for `env.AI.run(model, inputs)`. Pure, but for the ids of answers. */
export function answer(model: string, inputs: unknown): Answer {
  const entry = findModel("cloudflare", model);
  if (entry === undefined || !isObject(inputs)) return { kind: "error", error: noSuchModel(model) };
  if (entry.type === "embedding") return { kind: "json", body: embeddingVectors(model, inputs["text"]) };
  const error = inputError(inputs, entry);
  if (error !== undefined) return { kind: "error", error };
  const spoken = speak(replyOf(model, inputs), { prompt: promptText(inputs), maxTokens: maxTokensOf(inputs) });
  // Models that reason, and those without `prompt`, answer like OpenAI; the others in Workers AI's own form.
  const openaiShaped = entry.features.includes("reasoning") || !entry.features.includes("prompt");
  return openaiShaped ? openaiAnswer(model, inputs, spoken) : nativeAnswer(inputs, spoken);
}

function openaiAnswer(model: string, inputs: JsonObject, spoken: Spoken): Answer {
  const options = inputs["stream_options"];
  const includeUsage = isObject(options) && options["include_usage"] === true;
  if (inputs["stream"] === true) return { kind: "events", events: openaiEvents(model, spoken, includeUsage) };
  return { kind: "json", body: openaiBody(model, spoken) };
}

function nativeAnswer(inputs: JsonObject, spoken: Spoken): Answer {
  if (inputs["stream"] === true) return { kind: "events", events: nativeEvents(spoken) };
  return { kind: "json", body: nativeBody(spoken, inputs["response_format"] !== undefined) };
}

function replyOf(model: string, inputs: JsonObject): Reply {
  const tools: unknown = inputs["tools"];
  return replyTo({
    model,
    messages: messagesOf(inputs),
    ...(Array.isArray(tools) && { tools }),
    toolChoice: inputs["tool_choice"],
    jsonSchema: schemaOfFormat(inputs["response_format"]),
    stop: inputs["stop"],
  });
}

function messagesOf({ messages, prompt }: JsonObject): ReplyMessage[] {
  if (typeof prompt === "string") return [{ role: "user", content: prompt }];
  const given: unknown[] = Array.isArray(messages) ? messages : [];
  return given.filter(isObject).map(({ role, content }) => ({ role: String(role), content }));
}

function promptText(inputs: JsonObject): string {
  return messagesOf(inputs)
    .map(({ content }) => textOf(content))
    .join("\n");
}

/** The real default is 256 as well, and cuts as many answers. */
function maxTokensOf(inputs: JsonObject): number {
  const limit = inputs["max_completion_tokens"] ?? inputs["max_tokens"];
  return typeof limit === "number" ? limit : 256;
}
