import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { idAtProvider } from "@ai-proxy/shared/registry";
import { readJson } from "../request/body.ts";
import type { Call } from "../request/context.ts";
import { validate } from "../request/schemas.ts";
import { type RouteKind, RULES } from "../routing/choose.ts";
import { circuit } from "../routing/health.ts";
import type { Plan } from "../routing/plan.ts";
import { planFor } from "./generate.ts";

const KINDS: ReadonlyMap<unknown, RouteKind> = new Map([
  ["/v1/chat/completions", "chat"],
  ["/v1/completions", "completion"],
  ["/v1/embeddings", "embedding"],
  ["/v1/moderations", "moderation"],
]);

/** GET or POST /v1/route-check: the plan that a request would get, from the code that makes it. Calls no provider. */
export async function routeCheck(call: Call): Promise<Response> {
  const asked =
    call.request.method === "POST"
      ? (await readJson(call.request, call.settings.maxBodyBytes)).value
      : fromQuery(call.url.searchParams);
  const { route = "/v1/chat/completions", ...body } = asked;
  const kind = KINDS.get(route);
  if (kind === undefined)
    throw badRequest(`route must be one of ${[...KINDS.keys()].join(", ")}.`, "route", "invalid_value");
  const plan = await planFor(call, kind, validate("routable", body));
  return Response.json({ object: "route_check", route, ...describe(plan), limits: limits(call) });
}

function describe({ choice, attempts, totalMs, hedgeAfterMs }: Plan) {
  const targets = [...new Set(attempts.map(({ target }) => target))];
  return {
    provider: choice.provider.name,
    model: choice.requestedModel,
    upstream_model: idAtProvider(choice.provider, choice.model),
    rule: { number: choice.rule, why: RULES[choice.rule] },
    fallbacks: targets
      .filter(({ provider, model }) => provider !== choice.provider || model !== choice.model)
      .map(({ provider, model }) => ({ provider: provider.name, upstream_model: idAtProvider(provider, model) })),
    attempts: attempts.map(({ target, reason, times }) => ({
      provider: target.provider.name,
      upstream_model: idAtProvider(target.provider, target.model),
      reason,
      circuit: circuit(target),
      first_byte_timeout_ms: times.firstByteMs,
      idle_timeout_ms: times.idleMs,
    })),
    timeout_ms: totalMs,
    hedge_after_ms: hedgeAfterMs ?? null,
  };
}

function limits(call: Call) {
  const { maxBodyBytes, policy } = call.settings;
  return { max_body_bytes: maxBodyBytes, max_attempts: policy.maxAttempts, max_timeout_ms: policy.maxTotalMs };
}

/** ?provider=…&model=…&stream=true&fallbacks=a/b,c/d&routing={"max_attempts":1} */
function fromQuery(query: URLSearchParams): JsonObject {
  const body: JsonObject = Object.fromEntries(query);
  if (body["stream"] === "true") body["stream"] = true;
  if (typeof body["fallbacks"] === "string") body["fallbacks"] = body["fallbacks"].split(",");
  if (typeof body["routing"] === "string") {
    const routing = tryParseJson(body["routing"]);
    if (!isObject(routing)) throw badRequest("routing must be a JSON object.", "routing", "invalid_value");
    body["routing"] = routing;
  }
  return body;
}
