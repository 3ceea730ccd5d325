import { bodyForRpc } from "@ai-proxy/shared/contract/transfer";
import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, tryParseJson } from "@ai-proxy/shared/json";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import { readBytes, readText } from "../request/body.ts";
import { unlessLeft } from "../request/client-left.ts";
import type { Call } from "../request/context.ts";
import { validate } from "../request/schemas.ts";
import { traceparentFor } from "../request/trace.ts";
import { findProvider } from "../routing/choose.ts";
import { unreachableReply } from "../routing/failure-replies.ts";
import { totalTime } from "../routing/plan.ts";
import { respond } from "../serving/respond.ts";
import { planInput } from "./generate.ts";

/** Whose API these paths are. */
const OPENAI = "openai";

/**
 * Any other path of OpenAI's API that the owner has opened (PASSTHROUGH_PATHS):
 * the bytes pass as they are, under the same token, session and audit, to
 * OpenAI or to the upstream that `provider` of a JSON body names. Null when the
 * path is not open. One attempt: what such a call does is not known, so it is
 * not known either whether it may be done twice.
 */
export async function passthrough(call: Call): Promise<Response | null> {
  const { request, url } = call;
  const path = url.pathname.slice("/v1".length);
  if (!isOpen(path, call.settings.passthroughPaths)) return null;
  const contentType = request.headers.get("content-type");
  const beta = request.headers.get("openai-beta");
  const { maxBodyBytes } = call.settings;
  const text = request.body !== null && isJson(contentType) ? await readText(request, maxBodyBytes) : null;
  const bytes = request.body === null || text !== null ? null : await readBytes(request, maxBodyBytes);
  const { provider, totalMs } = await route(call, text);
  const startedAt = Date.now();
  const asked = call.env.OPENAI_RELAY.passthrough({
    method: request.method,
    path,
    search: url.search,
    body: sendable(request.method, text === null ? bytes : bodyForRpc(text)),
    ...(contentType !== null && { contentType }),
    ...(beta !== null && { beta }),
    ...(provider.upstream !== undefined && { upstream: provider.upstream }),
    requestId: call.requestId,
    sessionId: call.session.id,
    traceparent: traceparentFor(call),
    deadlines: { firstByteMs: totalMs, totalMs },
  });
  const reply = await unlessLeft(request, asked.catch(unreachableReply));
  const outcome = "failure" in reply ? (reply.failure?.condition ?? "ok") : "ok";
  const trail = [{ provider: provider.name, model: "", outcome, status: null, ms: Date.now() - startedAt }];
  return respond(call, { reply, provider: provider.name, model: null, trail });
}

/** No GET can be sent with a body. An empty one, which some clients declare, is none. */
function sendable<Body extends string | Uint8Array>(method: string, body: Body | null): Body | null {
  if (body === null || !["GET", "HEAD"].includes(method)) return body;
  if (body.length === 0) return null;
  throw badRequest(`A ${method} takes no body here.`);
}

/** Whom the request is meant for, and its time. Throws a 400 where it asks for what has no place here: nobody else may get its text. */
async function route(call: Call, text: string | null): Promise<{ provider: ProviderEntry; totalMs: number }> {
  const parsed = text === null ? undefined : tryParseJson(text);
  const { provider, routing, fallbacks, model, stream } = isObject(parsed) ? parsed : {};
  if (fallbacks !== undefined && fallbacks !== null) {
    throw badRequest("fallbacks has no meaning here: the request is made once.", "fallbacks", "unsupported_parameter");
  }
  const body = validate("routable", { provider: provider ?? OPENAI, routing });
  if (call.record !== null) {
    call.record.model_asked = typeof model === "string" ? model : null;
    call.record.stream = stream === true;
  }
  const input = await planInput(call, "chat", body);
  const named = findProvider(input.providers, body.provider ?? OPENAI);
  if (named.binding === "OPENAI_RELAY") return { provider: named, totalMs: totalTime(named, input) };
  throw badRequest(`${named.name} has no such endpoint: it is OpenAI's.`, "provider", "unsupported_endpoint");
}

/** JSON is UTF-8; whatever else comes, text of another encoding among it, stays the bytes that it is. */
function isJson(contentType: string | null): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType ?? "");
}

/** "/responses" opens itself and what is below it; dots that climb are gone, the URL parser has resolved them. */
function isOpen(path: string, open: readonly string[]): boolean {
  return open.some((allowed) => path === allowed || path.startsWith(`${allowed}/`));
}
