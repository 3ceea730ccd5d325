import { bodyForRpc } from "@ai-proxy/shared/contract/relay";
import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, tryParseJson } from "@ai-proxy/shared/json";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { Call } from "../call.ts";
import { readBytes, readText } from "../edge/body.ts";
import { traceparentOf } from "../edge/trace.ts";
import { validate } from "../edge/validation.ts";
import { findProvider } from "../routing/choose.ts";
import { knownProviders } from "../routing/providers.ts";
import { respond } from "../routing/respond.ts";

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
  const provider = await chosenProvider(call, text);
  const startedAt = Date.now();
  const reply = await call.env.OPENAI_RELAY.passthrough({
    method: request.method,
    path,
    search: url.search,
    body: text === null ? bytes : bodyForRpc(text),
    ...(contentType !== null && { contentType }),
    ...(beta !== null && { beta }),
    ...(provider.upstream !== undefined && { upstream: provider.upstream }),
    requestId: call.requestId,
    sessionId: call.session.id,
    traceparent: traceparentOf(request.headers),
  });
  const outcome = "failure" in reply ? (reply.failure?.condition ?? "ok") : "ok";
  const trail = [{ provider: provider.name, model: "", outcome, status: null, ms: Date.now() - startedAt }];
  return respond(call, { reply, provider: provider.name, model: null, trail });
}

/** Whom the request is meant for. Throws a 400 where it asks for what has no place here: nobody else may get its text. */
async function chosenProvider(call: Call, text: string | null): Promise<ProviderEntry> {
  const parsed = text === null ? undefined : tryParseJson(text);
  const body = isObject(parsed) ? parsed : {};
  const unusable = ["fallbacks", "routing"].find((field) => body[field] !== undefined && body[field] !== null);
  if (unusable !== undefined) {
    throw badRequest(`${unusable} has no meaning here: the request is made once.`, unusable, "unsupported_parameter");
  }
  const name = validate("routable", { provider: body["provider"] }).provider ?? OPENAI;
  const provider = findProvider(await knownProviders(call.env, { provider: name }, call.settings), name);
  if (provider.binding === "OPENAI_RELAY") return provider;
  throw badRequest(`${provider.name} has no such endpoint: it is OpenAI's.`, "provider", "unsupported_endpoint");
}

/** JSON is UTF-8; whatever else comes, text of another encoding among it, stays the bytes that it is. */
function isJson(contentType: string | null): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType ?? "");
}

/** "/responses" opens itself and what is below it; dots that climb are gone, the URL parser has resolved them. */
export function isOpen(path: string, open: readonly string[]): boolean {
  return open.some((allowed) => path === allowed || path.startsWith(`${allowed}/`));
}
