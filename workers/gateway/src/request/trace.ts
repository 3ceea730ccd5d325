/**
 * version-traceid-parentid-flags. Version ff is invalid; versions above 00 may have more fields.
 * Source: https://www.w3.org/TR/trace-context/#traceparent-header
 */
const TRACEPARENT = /^(?!ff|00-.{52}.)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?$/;

/** The W3C trace of one request, made when it is first needed: all of its upstream requests share it. */
export class Trace {
  readonly #headers: Headers;
  #traceparent: string | null = null;

  constructor(headers: Headers) {
    this.#headers = headers;
  }

  /** The header to send on: the caller's trace with a span of ours, or a new trace. */
  get traceparent(): string {
    this.#traceparent ??= traceparentOf(this.#headers);
    return this.#traceparent;
  }

  /** Null as long as nothing was sent on. */
  get id(): string | null {
    return this.#traceparent?.slice(3, 35) ?? null;
  }
}

function traceparentOf(headers: Headers): string {
  const [, trace = randomHex(), flags = "01"] = TRACEPARENT.exec(headers.get("traceparent") ?? "") ?? [];
  return `00-${trace}-${randomHex().slice(0, 16)}-${flags}`;
}

/** 32 digits. A UUID is the cheapest source of random hex. */
function randomHex(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
