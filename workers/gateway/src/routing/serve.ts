import {
  bodyForRpc,
  isStreamReply,
  type Relay,
  type StreamReply,
  type WholeReply,
} from "@ai-proxy/shared/contract/relay";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { Call } from "../call.ts";
import { type JsonBody, readJson } from "../edge/body.ts";
import { traceparentOf } from "../edge/trace.ts";
import { type Routed, type Validated, validate } from "../edge/validation.ts";
import { log } from "../log.ts";
import { recordUsage } from "../record.ts";
import type { RouteKind } from "./choose.ts";
import { disposeReply, type ExecuteIo, execute, type Outcome, type Timer } from "./execute.ts";
import { circuit, health } from "./health.ts";
import { makePlan, type Plan, type PlanInput, type Target } from "./plan.ts";
import { knownProviders } from "./providers.ts";

/** The relay's method for a kind of route. */
const METHODS = {
  chat: "chat",
  completion: "completions",
  embedding: "embeddings",
} as const satisfies Partial<Record<RouteKind, keyof Relay>>;

type Served = keyof typeof METHODS;

/** Answers a request that a model serves: body in, plan, attempts, answer out. */
export async function serve(call: Call, kind: Served): Promise<Response> {
  const body = await readJson(call.request, call.settings.maxBodyBytes);
  const valid = validate(kind, body.value);
  if (call.record !== null) {
    call.record.model_asked = valid.model ?? null;
    call.record.stream = wantsStream(valid);
  }
  const plan = await planFor(call, kind, valid);
  const outcome = await execute(plan, io(call, kind, body, valid));
  return respond(call, outcome);
}

/** The plan of a request: what `serve` executes and route-check shows. */
export async function planFor(call: Call, kind: RouteKind, body: Routed): Promise<Plan> {
  const input: PlanInput = {
    body,
    kind,
    providers: await knownProviders(call.env, body),
    defaultProvider: call.settings.defaultProvider,
    policy: call.settings.policy,
    ...(call.caller.kind === "trusted" && call.caller.limits && { callerLimits: call.caller.limits }),
    sessionId: call.session.id,
    random: Math.random,
    circuit,
  };
  return makePlan(input);
}

function io(call: Call, kind: Served, body: JsonBody, valid: Validated<Served>): ExecuteIo {
  const text = bodyForRpc(body.text);
  const stream = wantsStream(valid);
  const includeUsage = wantsUsage(valid);
  const traceparent = traceparentOf(call.request.headers);
  return {
    call: (target, { keySlot, fallbackWaiting, cancelled, ...deadlines }) =>
      relayOf(call, target)[METHODS[kind]]({
        body: text,
        model: target.model,
        requestedModel: target.requestedModel,
        requestId: call.requestId,
        sessionId: call.session.id,
        stream,
        includeUsage,
        keySlot,
        fallbackWaiting,
        deadlines,
        ...(target.provider.upstream !== undefined && { upstream: target.provider.upstream }),
        traceparent,
        ...(cancelled !== undefined && { cancelled }),
      }),
    now: Date.now,
    random: Math.random,
    timer,
    clientLeft: new Promise((resolve) => {
      call.request.signal.addEventListener("abort", () => resolve(), { once: true });
    }),
    health,
  };
}

function relayOf(call: Call, target: Target): Relay {
  return call.env[target.provider.binding];
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

function respond(call: Call, { reply, target, trail }: Outcome): Response {
  const served = { provider: target.provider.name, model: target.model, attempts: trail.length };
  if (call.record !== null) {
    call.record.provider = served.provider;
    call.record.model_used = served.model;
    call.record.attempts = served.attempts;
    call.record.trail = trail;
  }
  const response = isStreamReply(reply) ? streamed(call, reply) : whole(call, reply);
  response.headers.set("x-gateway-provider", served.provider);
  if (!response.headers.has("x-gateway-model")) response.headers.set("x-gateway-model", served.model);
  response.headers.set("x-gateway-attempts", String(served.attempts));
  const upstreamMs = trail.reduce((sum, { ms }) => sum + ms, 0);
  response.headers.set("server-timing", `total;dur=${Date.now() - call.startedAt}, upstream;dur=${upstreamMs}`);
  return response;
}

function whole(call: Call, reply: WholeReply): Response {
  if (call.record !== null) {
    recordUsage(call.record, reply.usage, reply.usageEstimated ?? false);
    call.record.error_code = reply.failure?.code ?? null;
    call.record.model_used = reply.servedModel ?? call.record.model_used;
    call.record.gateway_log_id = reply.gatewayLogId ?? null;
  }
  const response = new Response(reply.body, { status: reply.status, headers: reply.headers });
  if (reply.servedModel !== undefined) response.headers.set("x-gateway-model", reply.servedModel);
  return response;
}

/**
 * Hands the relay's stream on as it is: no byte of it enters JavaScript here.
 * The pending `usage()` keeps this context alive, without which the client's
 * leaving would not be noticed and nothing would be recorded.
 */
function streamed(call: Call, reply: StreamReply): Response {
  call.request.signal.addEventListener("abort", () => reply.cancel(), { once: true });
  call.streamEnd = reply.usage().then(
    (end) => {
      disposeReply(reply);
      return end;
    },
    (thrown: unknown) => {
      log("usage_lost", { request_id: call.requestId, reason: thrown instanceof Error ? thrown.name : "unknown" });
      return { end: call.request.signal.aborted ? "aborted" : "cut", usage: null, usageEstimated: true };
    },
  );
  const { response } = reply;
  return new Response(response.body, { status: response.status, headers: response.headers });
}
