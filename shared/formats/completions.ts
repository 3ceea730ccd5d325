import { badRequest } from "../errors.ts";
import { isObject, type JsonObject, tryParseJson } from "../json.ts";
import { addUsage, fromOpenAIUsage, toOpenAIUsage, type Usage } from "./usage.ts";

/**
 * /v1/completions on top of a chat, for providers without such an API: each
 * prompt becomes a chat of one user message. Pure. How a relay uses it:
 *
 *   const plan = readCompletionRequest(text);
 *   whole:  run plan.prompts[i].chat in order, then mergeCompletions(plan, answers, envelope)
 *   stream: joinedCalls + CompletionStream of completions-stream.ts
 */
export interface CompletionPlan {
  prompts: readonly CompletionPrompt[];
  /** Choices for each prompt: choice c of prompt p is choice p · n + c of the answer. */
  n: number;
}

export interface CompletionPrompt {
  /** JSON text of the chat request that answers this prompt. */
  chat: string;
  /** Text that comes before each of its answers: the prompt when `echo` is asked for, else "". */
  echo: string;
}

/** What all chunks and answers carry. */
export interface CompletionEnvelope {
  /** `cmpl-…` */
  id: string;
  /** Seconds since the epoch. */
  created: number;
  /** The model that the client asked for. */
  model: string;
}

/** One upstream call each, in order; keeps a request far from the 50 subrequests of Cloudflare's free plan. */
const MOST_PROMPTS = 32;

/**
 * `{"prompt":["a","b"],"echo":true,"max_tokens":5}` → two chats `{"max_tokens":5,"messages":[{"role":"user","content":"a"}]}`.
 * Fields that mean the same in a chat stay as they are. Throws a 400 for what a chat cannot express.
 */
export function readCompletionRequest(text: string): CompletionPlan {
  const body = tryParseJson(text);
  if (!isObject(body)) throw badRequest("The body must be a JSON object.");
  const { prompt, echo, suffix, best_of: bestOf, logprobs, ...rest } = body;
  const n = typeof rest["n"] === "number" ? rest["n"] : 1;
  if (suffix !== undefined && suffix !== null && suffix !== "") {
    throw badRequest(
      "This provider cannot insert text before a suffix. Leave suffix out.",
      "suffix",
      "unsupported_parameter",
    );
  }
  if (typeof bestOf === "number" && bestOf > n) {
    throw badRequest(
      "This provider cannot rank more answers than it returns: best_of must not exceed n.",
      "best_of",
      "unsupported_value",
    );
  }
  if (rest["max_tokens"] === 0) {
    throw badRequest(
      "This provider cannot say how likely a prompt is: max_tokens must be at least 1.",
      "max_tokens",
      "unsupported_value",
    );
  }
  const shared: JsonObject = { ...rest, ...chatLogprobs(logprobs) };
  const prompts = promptTexts(prompt).map((content) => ({
    chat: JSON.stringify({ ...shared, messages: [{ role: "user", content }] }),
    echo: echo === true ? content : "",
  }));
  return { prompts, n };
}

/**
 * The chat completions of the plan's prompts, in order → one text_completion.
 * Usage is the sum; null when no answer had any.
 */
export function mergeCompletions(
  plan: CompletionPlan,
  answers: readonly unknown[],
  envelope: CompletionEnvelope,
): { body: JsonObject; usage: Usage | null } {
  let usage: Usage | null = null;
  const choices: CompletionChoice[] = [];
  for (const [at, { echo }] of plan.prompts.entries()) {
    const answer = answers[at];
    if (!isObject(answer)) continue;
    usage = addUsage(usage, fromOpenAIUsage(answer["usage"]));
    const rows: unknown[] = Array.isArray(answer["choices"]) ? answer["choices"] : [];
    for (const row of rows.filter(isObject)) {
      choices.push(completionChoice(row, row["message"], { firstIndex: at * plan.n, echo, offset: 0 }));
    }
  }
  const body = {
    id: envelope.id,
    object: "text_completion",
    created: envelope.created,
    model: envelope.model,
    choices,
    ...(usage !== null && { usage: toOpenAIUsage(usage) }),
  };
  return { body, usage };
}

export interface CompletionChoice {
  text: string;
  index: number;
  logprobs: CompletionLogprobs | null;
  finish_reason: unknown;
  reasoning_content?: string;
}

/** Four parallel lists. */
export interface CompletionLogprobs {
  tokens: unknown[];
  token_logprobs: unknown[];
  top_logprobs: JsonObject[];
  text_offset: number[];
}

/** Where a choice stands in the whole answer. */
export interface CompletionPlace {
  /** Index of its prompt's first choice. */
  firstIndex: number;
  /** Comes before the text. */
  echo: string;
  /** Where in its text it goes on; 0 for a whole answer. */
  offset: number;
}

/**
 * A chat's choice as a completion's. `said` is its message or its delta.
 * `{"index":0,"message":{"content":"b"},"finish_reason":"stop"}` with echo "a" →
 * `{"text":"ab","index":0,"logprobs":null,"finish_reason":"stop"}`
 */
export function completionChoice(row: JsonObject, said: unknown, place: CompletionPlace): CompletionChoice {
  const message = isObject(said) ? said : {};
  const content = typeof message["content"] === "string" ? message["content"] : "";
  const refusal = typeof message["refusal"] === "string" ? message["refusal"] : "";
  const reasoning = message["reasoning_content"];
  const finish = row["finish_reason"];
  return {
    text: place.echo + content + refusal,
    index: place.firstIndex + (typeof row["index"] === "number" ? row["index"] : 0),
    logprobs: completionLogprobs(row["logprobs"], place.offset + place.echo.length),
    // A completion knows no tool calls: its enum is stop, length, content_filter.
    finish_reason: finish === "tool_calls" || finish === "function_call" ? "stop" : (finish ?? null),
    ...(typeof reasoning === "string" && reasoning !== "" && { reasoning_content: reasoning }),
  };
}

function promptTexts(prompt: unknown): string[] {
  if (typeof prompt === "string") return [prompt];
  if (!Array.isArray(prompt) || prompt.length === 0) {
    throw badRequest("prompt must be a string or a list of strings.", "prompt", "invalid_type");
  }
  if (prompt.length > MOST_PROMPTS && prompt.every((one) => typeof one === "string")) {
    throw badRequest(`prompt may hold at most ${MOST_PROMPTS} texts here.`, "prompt", "array_above_max_length");
  }
  return prompt.map((one: unknown, at) => {
    if (typeof one === "string") return one;
    throw badRequest("This provider takes prompts as text, not as token ids.", `prompt[${at}]`, "invalid_type");
  });
}

/** A completion's `logprobs: 3` is a chat's `logprobs: true, top_logprobs: 3`. */
function chatLogprobs(logprobs: unknown): JsonObject {
  if (typeof logprobs !== "number") return {};
  return { logprobs: true, ...(logprobs > 0 && { top_logprobs: logprobs }) };
}

/** A chat's log probabilities in the four parallel lists of a completion; `offset` is where the text starts. */
function completionLogprobs(logprobs: unknown, offset: number): CompletionLogprobs | null {
  const content: unknown = isObject(logprobs) ? logprobs["content"] : null;
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
