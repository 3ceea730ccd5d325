import { type FailedReply, failureReply } from "@ai-proxy/shared/upstream/reply";
import { readRetryAfter } from "@ai-proxy/shared/upstream/retry-after";
import { type ErrorContext, readRefusal } from "../src/errors.ts";

function read(status: number, body: unknown, context: ErrorContext, headers: Record<string, string>) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = new Headers(headers);
  const retryAfterMs = readRetryAfter(answer, Date.UTC(2026, 10, 23));
  return readRefusal({ status, headers: answer, body: text, retryAfterMs, key: null }, context);
}

/** The failed attempt that an upstream's refusal becomes. */
export function refusalReply(
  status: number,
  body: unknown,
  context: ErrorContext,
  headers: Record<string, string> = {},
): FailedReply {
  return failureReply(read(status, body, context, headers).error);
}

/** Whether the key that was used rests after this refusal. */
export function restsKey(status: number, body: unknown): boolean {
  return read(status, body, { provider: "vendor", secrets: [] }, {}).restsKey;
}
