import type { AuditRecord } from "@ai-proxy/shared/contract/audit";
import type { StreamEnd } from "@ai-proxy/shared/contract/relay";
import type { ApiError } from "@ai-proxy/shared/errors";
import type { RoutingWish } from "../routing/plan.ts";
import { type GatewayEnv, type Settings, settings } from "../settings/settings.ts";
import { requestIdOf, type Session } from "./identity.ts";

/** Who calls: over HTTP with a token, or a Worker whose binding vouches for it. */
export type Caller =
  | { kind: "external" }
  | {
      kind: "trusted";
      name: string;
      limits?: RoutingWish;
      /** What is wrong with the binding's props; nothing is served as long as something is. */
      fault?: ApiError;
    };

/** One request on its way through the gateway. */
export interface Call {
  readonly request: Request;
  readonly url: URL;
  readonly env: GatewayEnv;
  readonly settings: Settings;
  readonly caller: Caller;
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Set by the edge before any route runs. */
  session: Session;
  /** Filled as the request goes on; null as long as the caller is not known to be one of ours. */
  record: AuditRecord | null;
  /** W3C trace context that goes upstream, once something does. */
  traceparent: string | null;
  /** Settles when a streamed answer has ended. */
  streamEnd: Promise<StreamEnd> | null;
  waitUntil(promise: Promise<unknown>): void;
  /** Runs work in a span of the platform's trace. */
  span<Result>(name: string, attributes: Record<string, string>, work: () => Promise<Result>): Promise<Result>;
}

export function openCall(request: Request, env: GatewayEnv, ctx: ExecutionContext, caller: Caller): Call {
  return {
    request,
    url: new URL(request.url),
    env,
    settings: settings(env),
    caller,
    requestId: requestIdOf(request.headers),
    startedAt: Date.now(),
    session: { id: "", known: false },
    record: null,
    traceparent: null,
    streamEnd: null,
    waitUntil: (promise) => ctx.waitUntil(promise),
    span: (name, attributes, work) =>
      ctx.tracing.enterSpan(name, (span) => {
        span.setAttributes(attributes);
        return work();
      }),
  };
}
