import { isObject, type JsonObject, tryParseJson } from "../../shared/json.ts";

/**
 * A line of `wrangler dev` for people, or null when it says nothing new: the
 * gateway's structured log line of a request in short, others as they are. The
 * log file has all of them.
 *
 * @example
 * logLine('[ai-proxy-gateway] {"event":"request","method":"POST",…}')
 * // → "200 POST /v1/chat/completions  openai gpt-4  20 ms  1+36 tokens"
 */
export function logLine(line: string): string | null {
  if (line.trim() === "" || SAYS_NOTHING_NEW.some((pattern) => pattern.test(line))) return null;
  const entry = loggedEntry(line);
  return entry?.["event"] === "request" ? requestLine(entry) : line;
}

/** The structured log line of a Worker that wrangler passed on; undefined for other lines. */
export function loggedEntry(line: string): JsonObject | undefined {
  const text = /^\[[\w-]+\] (\{.*\})$/.exec(line)?.[1];
  const entry = text === undefined ? undefined : tryParseJson(text);
  return isObject(entry) ? entry : undefined;
}

/** wrangler's lines for requests and queue batches, and the bindings that it lists at each reload. */
const SAYS_NOTHING_NEW = [
  /^\[wrangler:info\] [A-Z]+ \S+ \d+(\/\d+)? /,
  /^(env\.\w+ \(|Binding +Resource +Mode|\S+ has access to the following bindings:)/,
];

function requestLine(entry: JsonObject): string {
  const { status, method, route, provider, model_used: model, total_ms: time, error_code: error } = entry;
  const { prompt_tokens: prompt, stream_end: streamEnd } = entry;
  return [
    `${status} ${method} ${route}`,
    typeof provider === "string" && provider + (typeof model === "string" ? ` ${model}` : ""),
    `${time} ms`,
    typeof prompt === "number" && `${prompt}+${entry["completion_tokens"]} tokens`,
    entry["stream"] === true && typeof streamEnd === "string" && `stream ${streamEnd}`,
    typeof error === "string" && error,
  ]
    .filter((part) => part !== false)
    .join("  ");
}
