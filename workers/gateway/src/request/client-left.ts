import { ApiError } from "@ai-proxy/shared/errors";

/** Resolves when the client of this request has left, and only then. */
export function leaving({ signal }: Request): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** The work's result. Throws as soon as the client has left: the work then ends with this request's context. */
export function unlessLeft<Result>(request: Request, work: Promise<Result>): Promise<Result> {
  const left = leaving(request).then(() => {
    throw clientLeft();
  });
  return Promise.race([work, left]);
}

/** For the record alone. nginx has this status for a client that closed its request. */
export function clientLeft(): ApiError {
  return new ApiError({
    status: 499,
    message: "The client left.",
    code: "client_closed_request",
    condition: "cancelled",
  });
}
