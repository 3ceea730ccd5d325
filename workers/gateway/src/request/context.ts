import type { ApiError } from "@ai-proxy/shared/errors";
import type { RunInSpan } from "../record/spans.ts";
import { type GatewayEnv, typedEnv } from "../settings/env.ts";
import { type Settings, settings } from "../settings/settings.ts";
import { readSession, requestIdOf, type Session } from "./identity.ts";
import { Trace } from "./trace.ts";

/** One request on its way through the gateway. No stage changes it. */
export interface RequestContext {
  readonly request: Request;
  readonly url: URL;
  readonly env: GatewayEnv;
  readonly settings: Settings;
  readonly requestId: string;
  readonly session: Session;
  /** What is wrong with the session id that was sent; answered once the caller is admitted. */
  readonly sessionFault: ApiError | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly trace: Trace;
  waitUntil(promise: Promise<unknown>): void;
  readonly span: RunInSpan;
}

export function openContext(request: Request, env: Env, ctx: ExecutionContext): RequestContext {
  const { session, fault } = readSession(request.headers);
  const bindings = typedEnv(env);
  return {
    request,
    url: new URL(request.url),
    env: bindings,
    settings: settings(bindings),
    requestId: requestIdOf(request.headers),
    session,
    sessionFault: fault,
    startedAt: Date.now(),
    trace: new Trace(request.headers),
    waitUntil: (promise) => ctx.waitUntil(promise),
    span: (name, attributes, work) =>
      ctx.tracing.enterSpan(name, (span) => {
        span.setAttributes(attributes);
        return work();
      }),
  };
}
