import { isObject, type JsonObject, tryParseJson } from "../../shared/json.ts";

/**
 * A line of `wrangler dev` for people, or null when it says nothing new: the
 * gateway's structured log line of a request in short, and wrangler's own lines
 * of requests and queue batches left out. The log file has all of them.
 *
 * @example
 * logLine('[ai-proxy-gateway] {"event":"request","method":"POST",…}')
 * // → "200 POST /v1/chat/completions  openai gpt-4  20 ms  1+36 tokens"
 */
export function logLine(line: string): string | null {
  if (/^\[wrangler:info\] [A-Z]+ \S+ \d+(\/\d+)? /.test(line) || line.trim() === "") return null;
  const text = /^\[[\w-]+\] (\{.*\})$/.exec(line)?.[1];
  const entry = text === undefined ? undefined : tryParseJson(text);
  return isObject(entry) && entry["event"] === "request" ? requestLine(entry) : line;
}

function requestLine(entry: JsonObject): string {
  const { status, method, route, provider, model_used: model, total_ms: time, error_code: error } = entry;
  const prompt = entry["prompt_tokens"];
  return [
    `${status} ${method} ${route}`,
    typeof provider === "string" && `${provider} ${model}`,
    `${time} ms`,
    typeof prompt === "number" && `${prompt}+${entry["completion_tokens"]} tokens`,
    entry["stream"] === true && `stream ${entry["stream_end"]}`,
    typeof error === "string" && error,
  ]
    .filter((part) => part !== false)
    .join("  ");
}
