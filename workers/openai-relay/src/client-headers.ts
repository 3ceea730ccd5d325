import { gatewayLogId } from "@ai-proxy/shared/upstream/ai-gateway";

/** Headers of an upstream's answer that a client may see. All else stays: encodings, cookies, the owner's organization. */
const PASSED_ON = new Set([
  "openai-processing-ms",
  "openai-version",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
]);

/**
 * The client's headers for an answer: those of the list and `x-ratelimit-*` as
 * they are, the upstream's request id under a name of its own (`x-request-id`
 * is the gateway's).
 */
export function clientHeaders(upstream: Headers): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of upstream) {
    if (PASSED_ON.has(name) || name.startsWith("x-ratelimit-")) headers[name] = value;
    else if (name === "x-request-id") headers["x-upstream-request-id"] = value;
  }
  return headers;
}

/** The AI Gateway's id of its log entry, as replies and stream ends carry it. */
export function logIdOf(upstream: Headers): { gatewayLogId?: string } {
  const id = gatewayLogId(upstream);
  return id === undefined ? {} : { gatewayLogId: id };
}
