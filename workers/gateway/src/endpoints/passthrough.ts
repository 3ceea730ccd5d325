import type { PassthroughRequest, RelayReply } from "@ai-proxy/shared/contract/relay";
import { bodyForRpc, utf8Text } from "@ai-proxy/shared/contract/transfer";
import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { isJsonContentType, isObject, tryParseJson } from "@ai-proxy/shared/json";
import { providers as builtIn } from "@ai-proxy/shared/registry";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { Grant } from "../access/admit.ts";
import { type AttemptOutcome, countedUsage, FailedRequest, type Outcome, withKnown } from "../record/outcome.ts";
import { readBytes } from "../request/body.ts";
import { clientLeft, leaving } from "../request/client-left.ts";
import type { RequestContext } from "../request/context.ts";
import { type Routed, validate } from "../request/schemas.ts";
import { choose, requireProvider } from "../routing/choose.ts";
import { GRACE_MS, totalMsOf, wholeDeadlines } from "../routing/deadlines.ts";
import { dropReply } from "../routing/dropped-replies.ts";
import { unreachableReply, workerTimeout } from "../routing/gateway-failures.ts";
import { startTimer } from "../serving/ask-relay.ts";
import { isRelayReply } from "../serving/check-reply.ts";
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
  const bytes = request.body === null ? null : await readBytes(request, settings.maxBodyBytes);
  const text = bytes === null ? null : readableText(request.headers, bytes);
  const { routed, known } = readRouting(text);
  return withKnown(known, async () => {
    const { provider, totalMs } = await route(context, grant, routed);
    checkModel(provider, known.modelAsked ?? null);
    const body = sendable(request.method, text === null ? bytes : bodyForRpc(text));
    const model = known.modelAsked ?? null;
    const { reply, attempt } = await askOnce(context, provider, { body, model, totalMs });
    const { response, outcome } = respond(context, { reply, provider: provider.name, model, attempts: [attempt] });
    return { response, outcome: { ...known, ...outcome } };
  });
}

/** The text of a JSON body, in which our own fields can stand; null for what passes as the bytes that it is. */
function readableText(headers: Headers, bytes: Uint8Array): string | null {
  const isPlainJson = isJsonContentType(headers.get("content-type")) && !headers.has("content-encoding");
  return isPlainJson ? utf8Text(bytes) : null;
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

/** Throws a 404 for a model that the registry places elsewhere: the provider would not know it. Others are its to know. */
function checkModel(provider: ProviderEntry, model: string | null): void {
  const placed = model === null || provider.upstream !== undefined ? undefined : placeOf(model);
  if (placed === undefined || placed === provider) return;
  throw new ApiError({
    status: 404,
    message: `This path is ${provider.name}'s and serves its models only; \`${model?.slice(0, 256)}\` is ${placed.name}'s.`,
    code: "model_not_found",
    param: "model",
  });
}

/** Which of the built-in providers a model's id alone leads to. */
function placeOf(model: string): ProviderEntry | undefined {
  try {
    const providers = { entries: builtIn, missing: null };
    return choose({ model, kind: "chat" }, providers, home?.name ?? "").provider;
  } catch {
    return undefined;
  }
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
  sent: { body: Sendable; model: string | null; totalMs: number },
): Promise<{ reply: RelayReply; attempt: AttemptOutcome }> {
  const startedAt = Date.now();
  const ended = (outcome: string): AttemptOutcome => ({
    provider: provider.name,
    model: sent.model ?? "",
    outcome,
    status: null,
    ms: Date.now() - startedAt,
    usage: null,
  });
  const asked = askRelay(context, provider, sent).catch(unreachableReply);
  const late = startTimer(sent.totalMs + GRACE_MS);
  const reply = await Promise.race([asked, leaving(context.request).then(() => "left"), late.done.then(() => "late")]);
  late.stop();
  if (typeof reply === "string") {
    void asked.then(dropReply);
    const isLate = reply === "late";
    const outcome = { provider: provider.name, attempts: [ended(isLate ? "timeout" : "aborted")] };
    throw new FailedRequest(isLate ? workerTimeout("relay") : clientLeft(), outcome);
  }
  if (!("failure" in reply) || reply.failure === undefined) return { reply, attempt: ended("ok") };
  const { condition, upstreamStatus = null } = reply.failure;
  return { reply, attempt: { ...ended(condition), status: upstreamStatus, usage: countedUsage(reply) } };
}

async function askRelay(
  { env, request, url, requestId, session, trace }: RequestContext,
  { binding, upstream }: ProviderEntry,
  { body, totalMs }: { body: Sendable; totalMs: number },
): Promise<RelayReply> {
  const contentType = request.headers.get("content-type");
  const contentEncoding = request.headers.get("content-encoding");
  const beta = request.headers.get("openai-beta");
  const reply: unknown = await env[binding].passthrough?.({
    method: request.method,
    path: pathOf(url),
    search: url.search,
    body,
    ...(contentType !== null && { contentType }),
    ...(contentEncoding !== null && { contentEncoding }),
    ...(beta !== null && { beta }),
    ...(upstream !== undefined && { upstream }),
    requestId,
    sessionId: session.id,
    traceparent: trace.traceparent,
    deadlines: wholeDeadlines(totalMs),
  });
  if (isRelayReply(reply)) return reply;
  throw new TypeError("the relay's passthrough gave no reply");
}
