import { fromOpenAIUsage, type Usage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject, type Unchecked } from "@ai-proxy/shared/json";
import type { ChatCompletion } from "openai/resources/chat/completions";
import { moreOfMessage } from "./catalog.ts";
import { modelText } from "./model-text.ts";

/** A native model's answer, or a chunk of one; some have OpenAI's members besides. */
interface NativeOutput extends ChatCompletion {
  response: string | object | null;
  tool_calls: object[];
  finish_reason: string;
}

/** A message or delta of either family. vLLM calls reasoning `reasoning`, DeepSeek's and Kimi's servers `reasoning_content`. */
interface ModelMessage {
  content: unknown;
  refusal: string | null;
  reasoning: string;
  reasoning_content: string;
  tool_calls: object[];
}

/** One choice of an answer, or of a chunk, in the same terms for both families of models. */
export interface OutputRow {
  index: number;
  text: string | null;
  reasoning: string;
  refusal: string | null;
  toolCalls: JsonObject[];
  finish: string | undefined;
  logprobs: JsonObject | null;
  /** Members of the message that have no place above; only of other vendors' models. */
  more: JsonObject;
}

/**
 * The choices of an answer or chunk. Which family a model is of is seen here and
 * nowhere else: OpenAI-shaped ones have `choices`, native ones `response` and
 * `tool_calls`. Empty when it has neither (a chunk of padding or usage).
 */
export function outputRows(output: JsonObject, catalog: boolean): OutputRow[] {
  const { choices, response, finish_reason: finish }: Unchecked<NativeOutput> = output;
  // Some native models have both: the list, if it has anything, says more.
  if (Array.isArray(choices) && (choices.length > 0 || !("response" in output))) {
    return choices.filter(isObject).map((choice, position) => {
      const said = choice["delta"] ?? choice["message"];
      const message = isObject(said) ? said : { content: choice["text"] };
      const row = outputRow(message, message["content"], choice, integer(choice["index"]) ?? position);
      return catalog ? { ...row, more: moreOfMessage(message) } : row;
    });
  }
  const speaks = "response" in output || "tool_calls" in output || typeof finish === "string";
  return speaks ? [outputRow(output, response, output, 0)] : [];
}

function outputRow(
  message: Unchecked<ModelMessage>,
  content: unknown,
  choice: Unchecked<ChatCompletion.Choice>,
  index: number,
): OutputRow {
  const { tool_calls: calls } = message;
  const { finish_reason: finish, logprobs } = choice;
  return {
    index,
    text: modelText(content),
    // Some servers send both.
    reasoning: text(message.reasoning_content) || text(message.reasoning),
    refusal: text(message.refusal) || null,
    toolCalls: Array.isArray(calls) ? calls.filter(isObject) : [],
    finish: typeof finish === "string" && finish !== "" ? finish : undefined,
    logprobs: isObject(logprobs) ? logprobs : null,
    more: {},
  };
}

/** The model's own counts; null while it has none. A prompt has tokens, so all zeros are a form that was not filled in. */
export function countedUsage(output: JsonObject): Usage | null {
  const usage = fromOpenAIUsage(output["usage"]);
  return usage === null || usage.promptTokens + usage.completionTokens === 0 ? null : usage;
}

/** The model's answer itself, out of the envelope that Cloudflare's REST API puts around it. */
export function unwrapResult(body: JsonObject): JsonObject {
  const result = body["result"];
  return isObject(result) && !("response" in body) && !("choices" in body) ? result : body;
}

export function integer(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
