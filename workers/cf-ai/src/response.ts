import { invalidResponse } from "@ai-proxy/shared/errors";
import { toOpenAIUsage, type Usage } from "@ai-proxy/shared/formats/usage";
import type { JsonObject } from "@ai-proxy/shared/json";
import { emptyCompletion } from "@ai-proxy/shared/upstream/reply";
import { UsageMeter } from "@ai-proxy/shared/upstream/usage-meter";
import { moreOfAnswer, saysMore } from "./catalog.ts";
import { type Envelope, envelopeFrom, fingerprint, servedModel } from "./envelope.ts";
import { finishReason } from "./finish-reason.ts";
import { leakedCalls } from "./leaked-calls.ts";
import { countedUsage, type OutputRow, outputRows } from "./output.ts";
import { PROVIDER } from "./provider.ts";
import { StopText } from "./stop.ts";
import { toolCallIds } from "./tool-call-id.ts";
import { callText, toolCalls } from "./tool-calls.ts";

export interface CompletionOptions {
  envelope: Envelope;
  /** Tokens of the prompt, estimated; asked only when the model gives no usage. */
  estimatePrompt: () => number;
  /** An answer without anything in it is thrown as a failed attempt, because another attempt waits. */
  refuseEmpty: boolean;
  /** Where the text of the answer ends, whether or not the model heeds it. */
  stops: readonly string[];
  /** Functions of which the request demands a call; a text that is such a call is given as one. */
  demanded: ReadonlySet<string>;
  /** The model is another vendor's: what its answer has beyond ours stays. */
  catalog: boolean;
}

export interface Completion {
  body: JsonObject;
  usage: Usage;
  usageEstimated: boolean;
  servedModel: string | undefined;
}

/**
 * A whole answer of either family → OpenAI's chat.completion.
 * `{response: "Hi", usage: {…}}` → `{object: "chat.completion", choices: [{message: {content: "Hi"}, finish_reason: "stop"}], …}`
 */
export function chatCompletion(output: JsonObject, options: CompletionOptions): Completion {
  const envelope = envelopeFrom(output, options.envelope);
  const meter = new UsageMeter(options.estimatePrompt);
  const newId = toolCallIds();
  const rows = outputRows(output, options.catalog);
  if (rows.every(isEmpty)) {
    if (options.refuseEmpty) throw emptyCompletion(PROVIDER);
    if (rows.length === 0) rows.push(NOTHING);
  }
  const choices = rows.map((row) => choiceOf(saidRow(row, options), newId, meter));
  meter.report(countedUsage(output));
  return {
    body: {
      ...(options.catalog && moreOfAnswer(output)),
      id: envelope.id,
      object: "chat.completion",
      created: envelope.created,
      model: envelope.model,
      choices,
      usage: toOpenAIUsage(meter.usage),
      ...fingerprint(output),
    },
    usage: meter.usage,
    usageEstimated: meter.estimated,
    servedModel: servedModel(output),
  };
}

const NOTHING: OutputRow = {
  index: 0,
  text: null,
  reasoning: "",
  refusal: null,
  toolCalls: [],
  finish: undefined,
  logprobs: null,
  more: {},
};

/** What the model said, as the request wants it: cut at its stop sequences, a call that it wrote as text as a call. */
function saidRow(row: OutputRow, { stops, demanded }: CompletionOptions): OutputRow {
  if (row.text === null) return row;
  const leaked = row.toolCalls.length === 0 ? leakedCalls(row.text, demanded) : null;
  if (leaked !== null) return { ...row, text: null, toolCalls: leaked };
  const stop = new StopText(stops);
  const text = stop.push(row.text);
  return stop.stopped ? { ...row, text, finish: "stop" } : row;
}

function choiceOf(row: OutputRow, newId: () => string, meter: UsageMeter): JsonObject {
  const calls = toolCalls(row.toolCalls, newId);
  const finish = finishReason(row.finish, calls.length > 0);
  if (finish === null) throw brokenOff(row.finish);
  meter.reasoned(row.reasoning);
  meter.wrote(row.text ?? "");
  for (const call of calls) meter.wrote(callText(call));
  return {
    index: row.index,
    message: {
      ...row.more,
      role: "assistant",
      // OpenAI's clients expect null, not "", beside tool calls.
      content: calls.length > 0 && row.text === "" ? null : row.text,
      refusal: row.refusal,
      ...(row.reasoning !== "" && { reasoning_content: row.reasoning }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
    logprobs: row.logprobs,
    finish_reason: finish,
  };
}

/** Nothing in it, and nothing that explains why: an answer cut at its first token is not empty, it is `length`. */
function isEmpty(row: OutputRow): boolean {
  const silent = !row.text && row.reasoning === "" && row.refusal === null && row.toolCalls.length === 0;
  return silent && !saysMore(row.more) && finishReason(row.finish, false) === "stop";
}

/** The model itself says that it did not come to an end. */
export function brokenOff(reason: string | undefined): Error {
  return invalidResponse(
    `The model stopped before the end of its answer (${reason ?? "no reason given"}).`,
    "model_error",
  );
}
