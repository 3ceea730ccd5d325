import { type ApiError, badRequest } from "@ai-proxy/shared/errors";

/** What an id from outside may look like: safe in a header, a log line and a URL. */
const ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** The caller's `X-Request-Id` if it is well formed, else a new one. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get("x-request-id");
  return given !== null && ID.test(given) ? given : crypto.randomUUID();
}

export interface Session {
  id: string;
  /** The caller sent it; a new one is told to a browser as a cookie. */
  known: boolean;
}

/**
 * `X-Session-Id`, else the cookie `session_id`, else a new id. A malformed one is a fault, which is answered with 400
 * once the caller is admitted.
 */
export function readSession(headers: Headers): { session: Session; fault: ApiError | null } {
  const header = headers.get("x-session-id");
  const given = header ?? cookie(headers.get("cookie"), "session_id");
  if (given !== null && ID.test(given)) return { session: { id: given, known: true }, fault: null };
  const session = { id: crypto.randomUUID(), known: false };
  return { session, fault: given === null ? null : malformed(header === null ? "session_id" : "X-Session-Id") };
}

function malformed(param: string): ApiError {
  return badRequest(
    "A session id has 1 to 128 characters out of A-Z a-z 0-9 . _ : and -.",
    param,
    "invalid_session_id",
  );
}

/**
 * `set-cookie` for a session that a browser does not know yet; null for anybody else. A page of another site that the
 * owner has allowed sends a cookie back only if it is SameSite=None, which browsers take from nothing but Secure ones.
 * Node's fetch sends `sec-fetch-mode` as a browser does, but neither `sec-fetch-site` nor `origin`.
 */
export function sessionCookie(
  headers: Headers,
  url: URL,
  session: Session,
  allowedOrigins: ReadonlySet<string>,
): string | null {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  if ((site === null && origin === null) || session.known) return null;
  // Browsers from before `sec-fetch-site` send the origin alone.
  const isCrossSite = site === "cross-site" || (site === null && origin !== url.origin);
  const isAllowed = origin !== null && allowedOrigins.has(origin);
  const scope = isCrossSite && isAllowed ? "SameSite=None; Secure" : "SameSite=Lax";
  const secure = url.protocol === "https:" && !scope.endsWith("Secure") ? "; Secure" : "";
  return `session_id=${session.id}; Path=/; HttpOnly; ${scope}${secure}`;
}

function cookie(header: string | null, name: string): string | null {
  for (const pair of header?.split(";") ?? []) {
    const [key, ...value] = pair.trim().split("=");
    if (key === name) return value.join("=");
  }
  return null;
}
