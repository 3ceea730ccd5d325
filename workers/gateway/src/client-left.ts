import { ApiError } from "@ai-proxy/shared/errors";

/** Nobody reads it; the status is nginx's for a client that closed its request. */
export function clientLeft(): ApiError {
  return new ApiError({
    status: 499,
    message: "The client left.",
    code: "client_closed_request",
    condition: "cancelled",
  });
}
