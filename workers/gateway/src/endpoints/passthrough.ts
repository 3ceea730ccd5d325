import type { PassthroughRequest, RelayReply } from "@ai-proxy/shared/contract/relay";
import { bodyForRpc } from "@ai-proxy/shared/contract/transfer";
import { badRequest } from "@ai-proxy/shared/errors";
import { isJsonContentType, isObject, tryParseJson } from "@ai-proxy/shared/json";
import { providers as builtIn } from "@ai-proxy/shared/registry";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { Grant } from "../access/admit.ts";
import { type AttemptOutcome, countedUsage, FailedRequest, type Outcome, withKnown } from "../record/outcome.ts";
import { readBytes, readText } from "../request/body.ts";
import { clientLeft, leaving } from "../request/client-left.ts";
import type { RequestContext } from "../request/context.ts";
import { type Routed, validate } from "../request/schemas.ts";
import { requireProvider } from "../routing/choose.ts";
import { totalMsOf } from "../routing/deadlines.ts";
import { dropReply } from "../routing/dropped-replies.ts";
import { unreachableReply } from "../routing/gateway-failures.ts";
import { CHAT, planInput } from "../serving/plan-input.ts";
import { type Answer, respond } from "../serving/respond.ts";

/** Whose API the opened paths are, unless a JSON body names another provider of its kind. */
const home = builtIn.find(({ passesThrough }) => passesThrough);

/** Whether the owner has opened this path (PASSTHROUGH_PATHS): "/responses" opens itself and what is below it. */
export function isOpened({ url, settings }: Pick<RequestContext, "url" | "settings">): boolean {
  // The URL parser has resolved dots that climb.
  const path = pathOf(url);
  return settings.passthroughPaths.some((opened) => path === opened || path.startsWith(`${opened}/`));
}

/**
 * A path of the provider's API that has no endpoint here: the bytes pass as they are, under the same token, session and
 * audit. It is tried once, since nobody knows whether it may be done twice.
 */
export async function passthrough(context: RequestContext, grant: Grant): Promise<Answer> {
  const { request, settings } = context;
  const isJson = isJsonContentType(request.headers.get("content-type"));
  // Only JSON is sure to be UTF-8: all else stays bytes.
  const text = request.body !== null && isJson ? await readText(request, settings.maxBodyBytes) : null;
  const bytes = request.body === null || isJson ? null : await readBytes(request, settings.maxBodyBytes);
  const { routed, known } = readRouting(text);
  return withKnown(known, async () => {
    const { provider, totalMs } = await route(context, grant, routed);
    const body = sendable(request.method, text === null ? bytes : bodyForRpc(text));
    const { reply, attempt } = await askOnce(context, provider, { body, totalMs });
    const { name } = provider;
    const { response, outcome } = respond(context, { reply, provider: name, model: null, attempts: [attempt] });
    return { response, outcome: { ...known, ...outcome } };
  });
}

function pathOf(url: URL): string {
  return url.pathname.slice("/v1".length);
}

/** What the body asks of us. Throws a 400 for what has no place here. */
function readRouting(text: string | null): { routed: Routed; known: Outcome } {
  const parsed = text === null ? undefined : tryParseJson(text);
  const { provider, routing, fallbacks, model, stream } = isObject(parsed) ? parsed : {};
  if (fallbacks !== undefined && fallbacks !== null) {
    throw badRequest("fallbacks has no meaning here: the request is made once.", "fallbacks", "unsupported_parameter");
  }
  return {
    routed: validate("routable", { provider: provider ?? home?.name, routing }),
    known: { modelAsked: typeof model === "string" ? model : null, stream: stream === true },
  };
}

/** Whom the request is meant for, and its time. Throws a 400 for a provider that does not pass it on. */
async function route(
  context: RequestContext,
  grant: Grant,
  body: Routed,
): Promise<{ provider: ProviderEntry; totalMs: number }> {
  const input = await planInput(context, grant, CHAT, body);
  const provider = requireProvider(input.providers, body.provider ?? "");
  if (provider.passesThrough) return { provider, totalMs: totalMsOf(provider, input) };
  throw badRequest(`${provider.name} has no such endpoint: it is ${home?.name}'s.`, "provider", "unsupported_endpoint");
}

type Sendable = PassthroughRequest["body"];

/** The body to send: none with a GET, for which some clients declare an empty one. */
function sendable(method: string, body: Sendable): Sendable {
  if (body === null || !["GET", "HEAD"].includes(method)) return body;
  if (body.length === 0) return null;
  throw badRequest(`A ${method} takes no body here.`);
}

/** The one attempt. Throws once the client has left, and the error knows of the attempt. */
async function askOnce(
  context: RequestContext,
  provider: ProviderEntry,
  sent: { body: Sendable; totalMs: number },
): Promise<{ reply: RelayReply; attempt: AttemptOutcome }> {
  const startedAt = Date.now();
  const ended = (outcome: string): AttemptOutcome => ({
    provider: provider.name,
    model: "",
    outcome,
    status: null,
    ms: Date.now() - startedAt,
    usage: null,
  });
  const asked = askRelay(context, provider, sent).catch(unreachableReply);
  const reply = await Promise.race([asked, leaving(context.request)]);
  if (reply === undefined) {
    void asked.then(dropReply);
    throw new FailedRequest(clientLeft(), { provider: provider.name, attempts: [ended("aborted")] });
  }
  if (!("failure" in reply) || reply.failure === undefined) return { reply, attempt: ended("ok") };
  return { reply, attempt: { ...ended(reply.failure.condition), usage: countedUsage(reply) } };
}

async function askRelay(
  { env, request, url, requestId, session, trace }: RequestContext,
  { binding, upstream }: ProviderEntry,
  { body, totalMs }: { body: Sendable; totalMs: number },
): Promise<RelayReply> {
  const contentType = request.headers.get("content-type");
  const beta = request.headers.get("openai-beta");
  const reply = await env[binding].passthrough?.({
    method: request.method,
    path: pathOf(url),
    search: url.search,
    body,
    ...(contentType !== null && { contentType }),
    ...(beta !== null && { beta }),
    ...(upstream !== undefined && { upstream }),
    requestId,
    sessionId: session.id,
    traceparent: trace.traceparent,
    deadlines: { firstByteMs: totalMs, totalMs },
  });
  if (reply === undefined) throw new Error("the relay passes nothing through");
  return reply;
}
