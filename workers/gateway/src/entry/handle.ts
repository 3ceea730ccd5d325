import { type ApiError, toApiError } from "@ai-proxy/shared/errors";
import { errorResponse } from "@ai-proxy/shared/formats/error-body";
import { log } from "@ai-proxy/shared/log";
import { admit, type Caller, type Grant } from "../access/admit.ts";
import { FailedRequest, type Outcome } from "../record/outcome.ts";
import { recordRequest } from "../record/record-request.ts";
import { openContext, type RequestContext } from "../request/context.ts";
import { sessionCookie } from "../request/identity.ts";
import type { Answer } from "../serving/respond.ts";
import { allowOrigin, preflight } from "./cors.ts";
import { findRoute } from "./router.ts";

/** A request from the first byte to its answer and its record, whoever asks. */
export async function handle(request: Request, env: Env, ctx: ExecutionContext, caller: Caller): Promise<Response> {
  const context = openContext(request, env, ctx);
  const response = preflight(request) ?? (await answerAndRecord(context, caller));
  response.headers.set("x-request-id", context.requestId);
  allowOrigin(request, response.headers, context.settings);
  return response;
}

async function answerAndRecord(context: RequestContext, caller: Caller): Promise<Response> {
  const { response, outcome, grant } = await answer(context, caller);
  tellSession(context, response.headers);
  if (grant !== null) context.waitUntil(record(context, grant, response.status, outcome));
  return response;
}

/** An answer, and the grant of a caller who was admitted: only then is there a record. */
interface Answered extends Answer {
  grant: Grant | null;
}

/** The answer, whatever happens: what is thrown anywhere below is caught here. */
async function answer(context: RequestContext, caller: Caller): Promise<Answered> {
  let grant: Grant | null = null;
  try {
    const route = await findRoute(context);
    if (route.access === "anyone") return { grant, response: route.answer(), outcome: {} };
    grant = await admit(context, caller);
    if (context.sessionFault !== null) throw context.sessionFault;
    return { grant, ...(await route.answer(grant)) };
  } catch (thrown) {
    return { grant, ...failed(context, thrown) };
  }
}

function failed({ requestId }: RequestContext, thrown: unknown): Answer {
  const { cause, outcome } = thrown instanceof FailedRequest ? thrown : { cause: thrown, outcome: {} };
  const error = toApiError(cause);
  if (error.condition === "internal") logFault(requestId, error);
  return { response: errorResponse(error), outcome: { ...outcome, errorCode: error.code } };
}

/** A fault of our own: where it happened, without its message, which may quote the request. */
function logFault(requestId: string, error: ApiError): void {
  const thrown = error.cause ?? error;
  const stack = thrown instanceof Error ? (thrown.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)) : [];
  log("fault", { request_id: requestId, name: thrown instanceof Error ? thrown.name : typeof thrown, stack });
}

function tellSession({ request, url, session, settings }: RequestContext, headers: Headers): void {
  headers.set("x-session-id", session.id);
  const cookie = sessionCookie(request.headers, url, session, settings.allowedOrigins);
  if (cookie !== null) headers.append("set-cookie", cookie);
}

function record(context: RequestContext, grant: Grant, status: number, outcome: Outcome): Promise<void> {
  const { request, url, env, requestId, session, startedAt, span, trace } = context;
  const { caller } = grant;
  const facts = { requestId, sessionId: session.id, caller, route: url.pathname, method: request.method, startedAt };
  return recordRequest({ ...facts, status }, outcome, { queue: env.AUDIT_QUEUE, span, traceId: trace.id });
}
