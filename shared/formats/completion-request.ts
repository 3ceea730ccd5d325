import { badRequest } from "../errors.ts";
import { isObject, type JsonObject, tryParseJson } from "../json.ts";

/**
 * A request to /v1/completions, for providers without such an API: each prompt
 * becomes a chat of one user message, whose answers completion-writer.ts writes
 * as one. Pure.
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

/** One upstream request each; keeps a request far from the 50 subrequests of Cloudflare's free plan. */
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
