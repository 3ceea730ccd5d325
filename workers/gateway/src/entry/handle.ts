import type { AuditRecord } from "@ai-proxy/shared/contract/audit";
import { log } from "@ai-proxy/shared/log";
import { sendRecord } from "../record/audit-queue.ts";
import { bounded, recordStreamEnd } from "../record/record.ts";
import { type Call, type Caller, openCall } from "../request/context.ts";
import { sessionCookie } from "../request/identity.ts";
import { traceIdOf } from "../request/trace.ts";
import { typedEnv } from "../settings/settings.ts";
import { allowOrigin } from "./cors.ts";
import { router } from "./router.ts";

/** A request from the first byte to its answer and its record, whoever calls. */
export async function handle(request: Request, env: Env, ctx: ExecutionContext, caller: Caller): Promise<Response> {
  const call = openCall(request, typedEnv(env), ctx, caller);
  const response: Response = await router.fetch(request as Parameters<typeof router.fetch>[0], call);
  response.headers.set("x-request-id", call.requestId);
  if (call.session.id !== "") {
    response.headers.set("x-session-id", call.session.id);
    const cookie = sessionCookie(request.headers, call.url, call.session);
    if (cookie !== null) response.headers.append("set-cookie", cookie);
  }
  allowOrigin(request, response.headers, call.settings);
  if (call.record !== null) call.waitUntil(conclude(call, call.record, response.status));
  return response;
}

/** After the answer: the log line and the audit record, once the stream has ended if there is one. */
async function conclude(call: Call, record: AuditRecord, status: number): Promise<void> {
  record.status = status;
  record.first_byte_ms = Date.now() - call.startedAt;
  if (call.streamEnd !== null) recordStreamEnd(record, await call.streamEnd);
  record.total_ms = Date.now() - call.startedAt;
  const written = bounded(record);
  const trace = call.traceparent !== null && { trace_id: traceIdOf(call.traceparent) };
  log("request", { ...written, ...trace });
  await sendRecord(call.env.AUDIT_QUEUE, written);
}
