import { type ApiError, toApiError } from "../errors.ts";

/** OpenAI's error object; all four keys are always present. */
export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

/** The body of every answer that is not 2xx. */
export function errorBody(error: ApiError): ErrorBody {
  const { details, message, type, param, code } = error;
  return { error: { ...details, message, type, param, code } };
}

/** The same as text. */
export function errorText(error: ApiError): string {
  return JSON.stringify(errorBody(error));
}

/** The only place where an error becomes an HTTP answer. */
export function errorResponse(thrown: unknown): Response {
  const error = toApiError(thrown);
  return new Response(errorText(error), {
    status: error.status,
    headers: { "content-type": "application/json", ...retryAfterHeader(error), ...error.headers },
  });
}

/** `retry-after` in whole seconds (at least 1, as OpenAI's specification has it) for a 429 or 503. */
export function retryAfterHeader(error: Pick<ApiError, "status" | "retryAfterMs">): Record<string, string> {
  if (error.retryAfterMs === undefined || (error.status !== 429 && error.status !== 503)) return {};
  return { "retry-after": String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))) };
}

/** An error event for a stream that has already begun: one SSE event, with the blank line. */
export function errorEvent(thrown: unknown): string {
  return `data: ${JSON.stringify(errorBody(toApiError(thrown)))}\n\n`;
}
