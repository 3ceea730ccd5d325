import type { Settings } from "../settings/settings.ts";

// itty-router's own `cors` sends `expose-headers` on preflights only, where browsers ignore it, and no `vary`.

const EXPOSED = [
  "x-request-id",
  "x-session-id",
  "x-gateway-provider",
  "x-gateway-model",
  "x-gateway-attempts",
  "server-timing",
  "retry-after",
  // OpenAI's SDKs go by these two before they try again.
  "retry-after-ms",
  "x-should-retry",
  "x-gateway-ignored",
  // What a provider tells beside its answer, as far as the relays hand it on.
  "x-upstream-request-id",
  "openai-processing-ms",
  "openai-version",
  "x-ratelimit-limit-requests",
  "x-ratelimit-limit-tokens",
  "x-ratelimit-remaining-requests",
  "x-ratelimit-remaining-tokens",
  "x-ratelimit-reset-requests",
  "x-ratelimit-reset-tokens",
].join(", ");

/** Lets a browser of an allowed origin read the answer; other origins get no CORS header at all. */
export function allowOrigin(request: Request, headers: Headers, { allowedOrigins }: Settings): void {
  const origin = request.headers.get("origin");
  if (origin === null || allowedOrigins.size === 0) return;
  headers.append("vary", "Origin");
  if (!allowedOrigins.has("*") && !allowedOrigins.has(origin)) return;
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", EXPOSED);
  // A cookie is only ever taken from origins that the owner has named.
  if (allowedOrigins.has(origin)) headers.set("access-control-allow-credentials", "true");
}

/** The answer to a browser's preflight, or undefined for any other request. */
export function preflight(request: Request): Response | undefined {
  if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) return undefined;
  const headers = new Headers({
    // All that an opened path may be asked with; each endpoint has its own 405.
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    "access-control-max-age": "86400",
  });
  const asked = request.headers.get("access-control-request-headers");
  if (asked !== null) headers.set("access-control-allow-headers", asked);
  return new Response(null, { status: 204, headers });
}
