import type { Call } from "./context.ts";

/**
 * version-traceid-parentid-flags; version ff is none, and one above 00 may have more behind.
 * Source: https://www.w3.org/TR/trace-context/#traceparent-header
 */
const TRACEPARENT = /^(?!ff|00-.{52}.)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?$/;

/** The trace context of this call to send on, the same for all that it asks; the log line tells its trace. */
export function traceparentFor(call: Pick<Call, "request" | "traceparent">): string {
  call.traceparent ??= traceparentOf(call.request.headers);
  return call.traceparent;
}

/** The trace id of a traceparent of ours. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/** The trace context to send on: the caller's trace with a span of ours, or a new trace. */
export function traceparentOf(headers: Headers): string {
  const [, trace = randomHex(), flags = "01"] = TRACEPARENT.exec(headers.get("traceparent") ?? "") ?? [];
  return `00-${trace}-${randomHex().slice(0, 16)}-${flags}`;
}

/** 32 digits; of a UUID because that is the cheapest randomness in hex. */
function randomHex(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
