import { ApiError } from "@ai-proxy/shared/errors";

/** Throws unless the request brings the owner's token: 401, or 503 while there is none. The token is in no message. */
export async function checkOwnerToken(headers: Headers, secret: string | undefined): Promise<void> {
  // A secret that was piped in may end in a line break, which no header can bring.
  const ownerToken = secret?.trim();
  if (!ownerToken) {
    throw new ApiError({
      status: 503,
      message: "The gateway has no AUTH_TOKEN yet. Its operator has to set the secret.",
      code: "not_configured",
    });
  }
  const token = presentedToken(headers);
  if (token === null) {
    throw unauthorized(
      "No token was sent. Send it as `X-AUTH-TOKEN: <token>`, `Authorization: Bearer <token>` or `x-api-key: <token>`.",
    );
  }
  if (!(await sameText(token, ownerToken))) throw unauthorized("The token is not valid.");
}

/** The token of `X-AUTH-TOKEN`, else of `Authorization: Bearer`, else of `x-api-key`, which Anthropic's SDKs send. */
export function presentedToken(headers: Headers): string | null {
  const own = headers.get("x-auth-token");
  if (own) return own.trim();
  const [, token] = /^bearer\s+(\S.*)$/i.exec((headers.get("authorization") ?? "").trim()) ?? [];
  return token ?? (headers.get("x-api-key")?.trim() || null);
}

function unauthorized(message: string): ApiError {
  return new ApiError({
    status: 401,
    message,
    code: "invalid_api_key",
    headers: { "www-authenticate": 'Bearer realm="ai-proxy"' },
  });
}

/** Digests are of one length, so the comparison takes the same time whatever differs. */
async function sameText(given: string, owner: string): Promise<boolean> {
  if (ownerDigest?.token !== owner) ownerDigest = { token: owner, digest: await digest(owner) };
  return crypto.subtle.timingSafeEqual(await digest(given), ownerDigest.digest);
}

/** The owner's token does not change while an isolate lives. */
let ownerDigest: { token: string; digest: ArrayBuffer } | undefined;

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
