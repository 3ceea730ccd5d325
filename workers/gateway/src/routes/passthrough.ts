import { bodyForRpc } from "@ai-proxy/shared/contract/relay";
import { providers } from "@ai-proxy/shared/registry";
import type { Call } from "../call.ts";
import { readBytes, readText } from "../edge/body.ts";
import { traceparentOf } from "../edge/trace.ts";
import { respond } from "../routing/respond.ts";

/**
 * Any other path of OpenAI's API that the owner has opened (PASSTHROUGH_PATHS):
 * the bytes pass as they are, under the same token, session and audit. Null
 * when the path is not open. One attempt: what such a call does is not known,
 * so it is not known either whether it may be done twice.
 */
export async function passthrough(call: Call): Promise<Response | null> {
  const { request, url } = call;
  const path = url.pathname.slice("/v1".length);
  if (!isOpen(path, call.settings.passthroughPaths)) return null;
  const provider = providers.find(({ binding }) => binding === "OPENAI_RELAY");
  if (provider === undefined) return null;
  const contentType = request.headers.get("content-type");
  const body =
    request.body === null
      ? null
      : isJson(contentType)
        ? bodyForRpc(await readText(request, call.settings.maxBodyBytes))
        : await readBytes(request, call.settings.maxBodyBytes);
  const startedAt = Date.now();
  const reply = await call.env.OPENAI_RELAY.passthrough({
    method: request.method,
    path,
    search: url.search,
    body,
    ...(contentType !== null && { contentType }),
    requestId: call.requestId,
    sessionId: call.session.id,
    traceparent: traceparentOf(request.headers),
  });
  const outcome = "failure" in reply ? (reply.failure?.condition ?? "ok") : "ok";
  const trail = [{ provider: provider.name, model: "", outcome, status: null, ms: Date.now() - startedAt }];
  return respond(call, { reply, provider: provider.name, model: null, trail });
}

/** JSON is UTF-8; whatever else comes, text of another encoding among it, stays the bytes that it is. */
function isJson(contentType: string | null): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType ?? "");
}

/** "/responses" opens itself and what is below it; dots that climb are gone, the URL parser has resolved them. */
export function isOpen(path: string, open: readonly string[]): boolean {
  return open.some((allowed) => path === allowed || path.startsWith(`${allowed}/`));
}
