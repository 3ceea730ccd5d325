import type { RelayReply, RelayRequest } from "@ai-proxy/shared/contract/relay";
import { bodyForRpc } from "@ai-proxy/shared/contract/transfer";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { leaving } from "../request/client-left.ts";
import type { RequestContext } from "../request/context.ts";
import type { StartTimer } from "../routing/dropped-replies.ts";
import type { AttemptOptions, ExecuteIo } from "../routing/execute.ts";
import type { Target } from "../routing/plan.ts";
import { health } from "../routing/target-health.ts";
import type { ModelMethod } from "../settings/env.ts";
import { isRelayReply } from "./check-reply.ts";

/** What all attempts of a request ask their relays for. */
export interface Asked {
  /** The relay's method. */
  method: ModelMethod;
  /** The client's body as it came. */
  text: string;
  /** The same, parsed. */
  body: JsonObject;
}

/** What a plan is executed with: the relays, the clock, chance, and the client that may leave. */
export function executeIo(context: RequestContext, asked: Asked): ExecuteIo {
  const common = commonFields(context, asked);
  return {
    ask: (target, options) =>
      context.span("attempt", { provider: target.provider.name, model: target.model }, () =>
        askRelay(context, target, asked.method, { ...common, ...attemptFields(target, options) }),
      ),
    now: Date.now,
    random: Math.random,
    timer: startTimer,
    clientLeft: leaving(context.request),
    health,
  };
}

/** Asks the relay of a target. A plan goes only where the relay has the method. */
async function askRelay(
  { env }: RequestContext,
  { provider: { binding } }: Target,
  method: ModelMethod,
  request: RelayRequest,
): Promise<RelayReply> {
  const reply: unknown = await env[binding][method]?.(request);
  if (isRelayReply(reply)) return reply;
  throw new TypeError(`the relay's ${method} gave no reply`);
}

function commonFields({ requestId, session, trace }: RequestContext, { text, body }: Asked) {
  const options = body["stream_options"];
  return {
    body: bodyForRpc(text),
    requestId,
    sessionId: session.id,
    stream: wantsStream(body),
    includeUsage: isObject(options) && options["include_usage"] === true,
    traceparent: trace.traceparent,
  };
}

function attemptFields({ provider, model, requestedModel }: Target, options: AttemptOptions) {
  const { cancelled, keysTried, ...rest } = options;
  return {
    model,
    requestedModel,
    ...rest,
    ...(keysTried.length > 0 && { keysTried }),
    ...(provider.upstream !== undefined && { upstream: provider.upstream }),
    ...(cancelled !== undefined && { cancelled }),
  };
}

export function wantsStream(body: JsonObject): boolean {
  return body["stream"] === true;
}

export const startTimer: StartTimer = (ms) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const handle = setTimeout(resolve, ms);
  return { done: promise, stop: () => clearTimeout(handle) };
};
