import { ApiError, toApiError } from "@ai-proxy/shared/errors";
import { errorResponse } from "@ai-proxy/shared/formats/error-body";
import { log } from "@ai-proxy/shared/log";
import type { IRequestStrict } from "itty-router";
import { Router } from "itty-router/Router";
import { authenticate } from "../access/owner-token.ts";
import { chat } from "../endpoints/chat.ts";
import { completions } from "../endpoints/completions.ts";
import { embeddings } from "../endpoints/embeddings.ts";
import { modelOptions } from "../endpoints/model-options.ts";
import { getModel, listModels } from "../endpoints/models.ts";
import { moderations } from "../endpoints/moderations.ts";
import { passthrough } from "../endpoints/passthrough.ts";
import { routeCheck } from "../endpoints/route-check.ts";
import { detokenize, tokenize } from "../endpoints/tokenize.ts";
import { newRecord } from "../record/record.ts";
import type { Call } from "../request/context.ts";
import { readSession } from "../request/identity.ts";
import { preflight } from "./cors.ts";

type Handler = (call: Call, param: string) => Response | Promise<Response>;

type Handlers = Partial<Record<"GET" | "POST", Handler>>;

/** Every endpoint: path → method → handler. */
const ENDPOINTS: Record<string, Handlers> = {
  "/health": { GET: () => Response.json({ status: "ok" }) },
  "/v1/chat/completions": { POST: chat },
  "/v1/completions": { POST: completions },
  "/v1/embeddings": { POST: embeddings },
  "/v1/moderations": { POST: moderations },
  "/v1/tokenize": { POST: tokenize },
  "/v1/detokenize": { POST: detokenize },
  "/v1/models": { GET: listModels },
  "/v1/models/:id+": { GET: getModel },
  "/v1/model-options": { GET: modelOptions },
  "/v1/route-check": { GET: routeCheck, POST: routeCheck },
};

export const router = Router<IRequestStrict, [Call], Response>({
  before: [preflight, admit],
  // itty-router's own catch would send an error's message out.
  catch: failed,
});

for (const [path, handlers] of Object.entries(ENDPOINTS)) {
  router.all(path, ({ params, method }, call) => {
    const handler = method === "POST" ? handlers.POST : ["GET", "HEAD"].includes(method) ? handlers.GET : undefined;
    if (handler !== undefined) return handler(call, params["id"] ?? "");
    if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow: allowed(handlers) } });
    throw methodNotAllowed(handlers);
  });
}
router.all("/v1/*", async (request, call) => (await passthrough(call)) ?? notFound(request, call));
router.all("*", notFound);

/** What every request passes before its route: the session, the token, the beginning of its record. */
async function admit(request: Request, call: Call): Promise<void> {
  const { session, fault } = readSession(request.headers);
  call.session = session;
  if (!call.url.pathname.startsWith("/v1")) return;
  if (call.caller.kind === "external") await authenticate(request, call.env.AUTH_TOKEN);
  const misconfiguration = call.settings.fault ?? (call.caller.kind === "trusted" ? call.caller.fault : undefined);
  if (misconfiguration) throw misconfiguration;
  call.record = newRecord(call);
  if (fault !== null) throw fault;
}

function failed(thrown: unknown, _request: Request, call: Call): Response {
  const error = toApiError(thrown);
  if (call.record !== null) call.record.error_code = error.code;
  if (error.condition === "internal") logFault(call, error.cause ?? error);
  return errorResponse(error);
}

/** A fault of our own: where it happened, without its message, which may quote the request. */
function logFault(call: Call, thrown: unknown): void {
  const stack = thrown instanceof Error ? (thrown.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)) : [];
  log("fault", { request_id: call.requestId, name: thrown instanceof Error ? thrown.name : typeof thrown, stack });
}

function notFound(_request: Request, call: Call): never {
  throw new ApiError({
    status: 404,
    message: `There is no ${call.request.method} ${call.url.pathname.slice(0, 200)} here.`,
    code: "unknown_url",
    condition: "bad_request",
  });
}

function methodNotAllowed(handlers: Handlers): ApiError {
  return new ApiError({
    status: 405,
    message: `This endpoint takes ${Object.keys(handlers).join(" and ")}.`,
    code: "method_not_allowed",
    headers: { allow: allowed(handlers) },
  });
}

function allowed(handlers: Handlers): string {
  return [...Object.keys(handlers), ...("GET" in handlers ? ["HEAD"] : []), "OPTIONS"].join(", ");
}
