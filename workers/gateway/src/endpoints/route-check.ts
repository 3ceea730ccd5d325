import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { idAtProvider } from "@ai-proxy/shared/registry";
import type { Grant } from "../access/admit.ts";
import { readJson } from "../request/body.ts";
import type { RequestContext } from "../request/context.ts";
import { validate } from "../request/schemas.ts";
import { RULES } from "../routing/choose.ts";
import { deadlinesOf } from "../routing/deadlines.ts";
import { makePlan, type Plan, type PlannedAttempt } from "../routing/plan.ts";
import { circuit } from "../routing/target-health.ts";
import { planInput } from "../serving/plan-input.ts";
import type { Answer } from "../serving/respond.ts";
import type { Settings } from "../settings/settings.ts";
import { ENDPOINTS, modelEndpoints } from "./table.ts";

/** GET or POST /v1/route-check: the plan that a request would get, from the code that makes it. Asks no provider. */
export async function routeCheck(context: RequestContext, grant: Grant): Promise<Answer> {
  const { request, url, settings } = context;
  const asked =
    request.method === "POST" ? (await readJson(request, settings.maxBodyBytes)).value : fromQuery(url.searchParams);
  const { route = ENDPOINTS.chat.path, ...body } = asked;
  const endpoint = modelEndpoints.find(({ path }) => path === route);
  if (endpoint === undefined) {
    const routes = modelEndpoints.map(({ path }) => path).join(", ");
    throw badRequest(`route must be one of ${routes}.`, "route", "invalid_value");
  }
  const plan = makePlan(await planInput(context, grant, endpoint, validate("routable", body)));
  const response = Response.json({ object: "route_check", route, ...describe(plan), limits: limits(settings) });
  return { response, outcome: {} };
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
    attempts: attempts.map((attempt) => describeAttempt(attempt, totalMs)),
    timeout_ms: totalMs,
    hedge_after_ms: hedgeAfterMs ?? null,
  };
}

/** Its deadlines are those of an attempt that begins at once, with all of the time left. */
function describeAttempt({ target, reason, deadlines }: PlannedAttempt, totalMs: number) {
  const { firstByteMs, idleMs } = deadlinesOf(deadlines, totalMs);
  return {
    provider: target.provider.name,
    upstream_model: idAtProvider(target.provider, target.model),
    reason,
    circuit: circuit(target),
    first_byte_timeout_ms: firstByteMs,
    idle_timeout_ms: idleMs,
  };
}

function limits({ maxBodyBytes, policy }: Settings) {
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
