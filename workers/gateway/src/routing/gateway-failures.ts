import type { WholeReply } from "@ai-proxy/shared/contract/relay";
import { ApiError } from "@ai-proxy/shared/errors";
import { failureReply } from "@ai-proxy/shared/upstream/reply";
import { clientLeft } from "../request/client-left.ts";

// Failures that the gateway finds itself, without a relay's reply.

/** The relay could not be asked, or broke off without a word. */
export function unreachableReply(thrown: unknown): WholeReply {
  return failureReply(workerUnavailable("relay", thrown));
}

/** A Worker of the mesh that does not answer. */
export function workerUnavailable(worker: "relay" | "tokenizer", thrown: unknown): ApiError {
  return new ApiError({
    status: 502,
    message:
      worker === "relay" ? "The relay for this provider could not be reached." : "The tokenizer could not be reached.",
    code: `${worker}_unavailable`,
    condition: "internal",
    cause: thrown,
  });
}

/** A Worker of the mesh that hangs. */
export function workerTimeout(worker: "relay" | "tokenizer"): ApiError {
  return new ApiError({
    status: 504,
    message: `The ${worker} did not answer in time.`,
    code: `${worker}_unavailable`,
    condition: "timeout",
  });
}

/** The plan's time is over. */
export function deadlineReply(): WholeReply {
  return failureReply(
    new ApiError({
      status: 504,
      message: "No provider answered within the time for this request.",
      code: "deadline_exceeded",
      condition: "timeout",
    }),
  );
}

export function clientLeftReply(): WholeReply {
  return failureReply(clientLeft());
}
