import type { OpenAIRelay, Relay } from "@ai-proxy/shared/contract/relay";
import { bodyForRpc } from "@ai-proxy/shared/contract/transfer";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { type JsonBody, readJson } from "../request/body.ts";
import { leaving } from "../request/client-left.ts";
import type { Call } from "../request/context.ts";
import { type Routed, type Validated, validate } from "../request/schemas.ts";
import { traceparentFor } from "../request/trace.ts";
import type { RouteKind } from "../routing/choose.ts";
import { type AttemptOptions, type ExecuteIo, execute, type Timer } from "../routing/execute.ts";
import { circuit, health } from "../routing/health.ts";
import { makePlan, type Plan, type PlanInput, type Target } from "../routing/plan.ts";
import { knownProviders } from "../serving/providers.ts";
import { respond } from "../serving/respond.ts";

/** The relay's method for a kind of route. */
const METHODS = {
  chat: "chat",
  completion: "completions",
  embedding: "embeddings",
  moderation: "moderations",
} as const satisfies Record<RouteKind, keyof OpenAIRelay>;

/** Answers a request that a model serves: body in, plan, attempts, answer out. */
export async function serve(call: Call, kind: RouteKind): Promise<Response> {
  const body = await readJson(call.request, call.settings.maxBodyBytes);
  const valid = validate(kind, body.value);
  if (call.record !== null) {
    call.record.model_asked = valid.model ?? null;
    call.record.stream = wantsStream(valid);
  }
  const plan = await planFor(call, kind, valid);
  const { reply, target, trail } = await execute(plan, io(call, kind, body, valid));
  return respond(call, { reply, provider: target.provider.name, model: target.model, trail });
}

/** The plan of a request: what `serve` executes and route-check shows. */
export async function planFor(call: Call, kind: RouteKind, body: Routed): Promise<Plan> {
  return makePlan(await planInput(call, kind, body));
}

/** What decides where a request goes. */
export async function planInput(call: Call, kind: RouteKind, body: Routed): Promise<PlanInput> {
  return {
    body,
    kind,
    providers: await knownProviders(call.env, body, kind, call.settings),
    defaultProvider: call.settings.defaultProvider,
    policy: call.settings.policy,
    ...(call.caller.kind === "trusted" && call.caller.limits && { callerLimits: call.caller.limits }),
    sessionId: call.session.id,
    random: Math.random,
    circuit,
  };
}

function io(call: Call, kind: RouteKind, body: JsonBody, valid: Validated<RouteKind>): ExecuteIo {
  const text = bodyForRpc(body.text);
  const stream = wantsStream(valid);
  const includeUsage = wantsUsage(valid);
  const traceparent = traceparentFor(call);
  const request = (
    target: Target,
    { keySlot, fallbackWaiting, otherTargetWaiting, cancelled, ...deadlines }: AttemptOptions,
  ) => ({
    body: text,
    model: target.model,
    requestedModel: target.requestedModel,
    requestId: call.requestId,
    sessionId: call.session.id,
    stream,
    includeUsage,
    keySlot,
    fallbackWaiting,
    otherTargetWaiting,
    deadlines,
    traceparent,
    ...(target.provider.upstream !== undefined && { upstream: target.provider.upstream }),
    ...(cancelled !== undefined && { cancelled }),
  });
  return {
    call: (target, options) =>
      call.span("attempt", { provider: target.provider.name, model: target.model }, () =>
        relayMethod(call, target, kind)(request(target, options)),
      ),
    now: Date.now,
    random: Math.random,
    timer,
    clientLeft: leaving(call.request),
    health,
  };
}

/** The relay's method for this kind of route; only OpenAI's API has moderations. */
function relayMethod(call: Call, { provider: { binding } }: Target, kind: RouteKind): Relay["chat"] {
  const method = METHODS[kind];
  if (method === "moderations") {
    if (binding === "OPENAI_RELAY") return (request) => call.env[binding].moderations(request);
    throw new Error("a plan has no target without this route");
  }
  return (request) => call.env[binding][method](request);
}

function wantsStream(valid: JsonObject): boolean {
  return valid["stream"] === true;
}

function wantsUsage(valid: JsonObject): boolean {
  const options = valid["stream_options"];
  return isObject(options) && options["include_usage"] === true;
}

function timer(ms: number): Timer {
  const { promise, resolve } = Promise.withResolvers<void>();
  const handle = setTimeout(resolve, ms);
  return { done: promise, stop: () => clearTimeout(handle) };
}
