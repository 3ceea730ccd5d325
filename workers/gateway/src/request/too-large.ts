import { ApiError } from "@ai-proxy/shared/errors";

export function tooLarge(maxBytes: number): ApiError {
  return new ApiError({
    status: 413,
    message: `The body is larger than ${maxBytes} bytes, which is the limit of this gateway.`,
    code: "request_too_large",
  });
}
