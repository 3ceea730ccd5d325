/** version-traceid-parentid-flags; https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/** The trace context to send on: the caller's trace with a span of ours, or a new trace. */
export function traceparentOf(headers: Headers): string {
  const [, trace = randomHex(16), flags = "01"] = TRACEPARENT.exec(headers.get("traceparent") ?? "") ?? [];
  return `00-${trace}-${randomHex(8)}-${flags}`;
}

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
