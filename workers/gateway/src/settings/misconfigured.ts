import { ApiError } from "@ai-proxy/shared/errors";

/** A mistake in the owner's settings, which no caller can put right: 503. `message` names the setting. */
export function misconfigured(message: string): ApiError {
  return new ApiError({
    status: 503,
    message: `The gateway's setting is not right: ${message}`,
    code: "not_configured",
    condition: "internal",
  });
}
