import { ApiError } from "@ai-proxy/shared/errors";
import type { IRequestStrict } from "itty-router";
import { Router } from "itty-router/Router";
import type { Grant } from "../access/admit.ts";
import { answerAt, answerOpenly } from "../endpoints/handlers.ts";
import { isOpened, passthrough } from "../endpoints/passthrough.ts";
import { type Endpoint, endpoints, type Method } from "../endpoints/table.ts";
import type { RequestContext } from "../request/context.ts";
import type { Answer } from "../serving/respond.ts";

/** Where a request goes. */
export type Route =
  | { access: "anyone"; answer(): Response }
  | { access: "caller"; answer(grant: Grant): Promise<Answer> };

const router = Router<IRequestStrict, [RequestContext], Route>();

for (const endpoint of endpoints) {
  router.all(endpoint.path, ({ params }, context) => routeTo(endpoint, context, params["id"] ?? ""));
}
router.all("*", (_request, context) => unlistedRoute(context));

/** Finds the route of a request without running it: who asks has to be admitted first. */
export async function findRoute(context: RequestContext): Promise<Route> {
  return router.fetch(context.request as Parameters<typeof router.fetch>[0], context);
}

function routeTo(endpoint: Endpoint, context: RequestContext, id: string): Route {
  const refused = () => unlessTaken(endpoint, context.request.method);
  if (endpoint.access === "anyone") return { access: "anyone", answer: () => refused() ?? answerOpenly(endpoint) };
  return {
    access: "caller",
    answer: async (grant) => {
      const response = refused();
      return response === null ? answerAt(endpoint, context, grant, id) : { response, outcome: {} };
    },
  };
}

/** A path that is not in the table, which the owner may have opened. Strangers do not learn what is below /v1. */
function unlistedRoute(context: RequestContext): Route {
  const { method } = context.request;
  const { pathname } = context.url;
  const answer = () => {
    throw notFound(method, pathname);
  };
  if (!pathname.startsWith("/v1")) return { access: "anyone", answer };
  return {
    access: "caller",
    answer: async (grant) => (isOpened(context) ? passthrough(context, grant) : answer()),
  };
}

/** The answer to OPTIONS, null for a method that the endpoint takes. Throws a 405 for any other. */
function unlessTaken({ methods }: Endpoint, method: string): Response | null {
  const wanted = method === "HEAD" ? "GET" : method;
  if (methods.some((taken) => taken === wanted)) return null;
  const allow = allowed(methods);
  if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
  throw new ApiError({
    status: 405,
    message: `This endpoint takes ${methods.join(" and ")}.`,
    code: "method_not_allowed",
    headers: { allow },
  });
}

function allowed(methods: readonly Method[]): string {
  return [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
}

function notFound(method: string, pathname: string): ApiError {
  return new ApiError({
    status: 404,
    message: `There is no ${method} ${pathname.slice(0, 200)} here.${hintFor(pathname)}`,
    code: "unknown_url",
    condition: "bad_request",
  });
}

/** APIs that clients speak and this gateway does not: what to use in their place. */
const OTHER_APIS: Readonly<Record<string, string>> = {
  "/v1/responses":
    " Use POST /v1/chat/completions; the gateway's owner can also open this path to its provider: PASSTHROUGH_PATHS.",
  "/v1/messages": " Use POST /v1/chat/completions.",
};

/** What somebody who came to this path may have wanted; "" where nobody knows. */
function hintFor(pathname: string): string {
  const isEndpoint = endpoints.some(({ path }) => path === `/v1${pathname}`);
  if (isEndpoint) return " The base URL has to end with /v1.";
  const api = Object.keys(OTHER_APIS).find((path) => pathname === path || pathname.startsWith(`${path}/`));
  return (api === undefined ? undefined : OTHER_APIS[api]) ?? "";
}
