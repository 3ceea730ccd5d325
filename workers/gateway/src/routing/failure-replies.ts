import { isStreamReply, type RelayReply, type StreamReply, type WholeReply } from "@ai-proxy/shared/contract/relay";
import { ApiError } from "@ai-proxy/shared/errors";
import { failureReply } from "@ai-proxy/shared/upstream/reply";
import { clientLeft } from "../request/client-left.ts";

// Replies that are the gateway's own, and what becomes of those that nobody waits for.

/** The relay could not be asked, or did not say that it failed. */
export function unreachableReply(thrown: unknown): WholeReply {
  return failureReply(unavailable("relay", thrown));
}

/** A Worker of the mesh that does not answer. */
export function unavailable(worker: "relay" | "tokenizer", thrown: unknown): ApiError {
  return new ApiError({
    status: 502,
    message:
      worker === "relay" ? "The relay for this provider could not be reached." : "The tokenizer could not be reached.",
    code: `${worker}_unavailable`,
    condition: "internal",
    cause: thrown,
  });
}

/** The plan's time is over. */
export function lateReply(): WholeReply {
  return failureReply(
    new ApiError({
      status: 504,
      message: "No provider answered within the time for this request.",
      code: "deadline_exceeded",
      condition: "timeout",
    }),
  );
}

/** The client has left. */
export function leftReply(): WholeReply {
  return failureReply(clientLeft());
}

/** An answer that nobody waits for any more. */
export function dropReply(reply: RelayReply): void {
  if (!isStreamReply(reply)) return;
  reply.cancel();
  disposeReply(reply);
}

/** Releases the stubs that a reply holds, once nothing of it is needed any more. */
export function disposeReply(reply: StreamReply & Partial<Disposable>): void {
  reply[Symbol.dispose]?.();
}
