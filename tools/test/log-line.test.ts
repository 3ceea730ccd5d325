import { expect, test } from "vitest";
import { logLine } from "../local/log-line.ts";

const request = {
  event: "request",
  method: "POST",
  route: "/v1/chat/completions",
  status: 200,
  provider: "openai",
  model_used: "gpt-4",
  total_ms: 20,
  prompt_tokens: 1,
  completion_tokens: 36,
  stream: true,
  stream_end: "complete",
  error_code: null,
};

test.each([
  [
    "a request is one short line",
    `[ai-proxy-gateway] ${JSON.stringify(request)}`,
    "200 POST /v1/chat/completions  openai gpt-4  20 ms  1+36 tokens  stream complete",
  ],
  [
    "a refused request shows its code and no provider",
    `[ai-proxy-gateway] ${JSON.stringify({ ...request, status: 404, provider: null, prompt_tokens: null, stream: false, error_code: "unknown_url" })}`,
    "404 POST /v1/chat/completions  20 ms  unknown_url",
  ],
  [
    "a stream that never began has no end",
    `[ai-proxy-gateway] ${JSON.stringify({ ...request, status: 502, prompt_tokens: null, stream_end: null, error_code: "timeout" })}`,
    "502 POST /v1/chat/completions  openai gpt-4  20 ms  timeout",
  ],
  [
    "an opened path has no model",
    `[ai-proxy-gateway] ${JSON.stringify({ ...request, route: "/v1/files", model_used: null, prompt_tokens: null, stream: false, stream_end: null })}`,
    "200 POST /v1/files  openai  20 ms",
  ],
  ["wrangler's own request line is not shown beside it", "[wrangler:info] POST /v1/models 200 OK (7ms)", null],
  ["nor its queue batches", "[wrangler:info] QUEUE ai-proxy-audit 2/2 (50ms)", null],
  ["nor the bindings at a reload", 'env.AUTH_TOKEN ("(hidden)")      Environment Variable      local', null],
  ["a Worker's console.log is shown as it is", "[ai-proxy-cf-ai] hello {", "[ai-proxy-cf-ai] hello {"],
  ["an error of the build is shown", "✘ [ERROR] Build failed", "✘ [ERROR] Build failed"],
])("%s", (_name, line, shown) => {
  expect(logLine(line)).toBe(shown);
});
