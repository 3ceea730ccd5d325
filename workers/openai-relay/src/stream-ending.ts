import type { ApiError } from "@ai-proxy/shared/errors";
import { cutEventEnding, missingDone } from "@ai-proxy/shared/formats/complete-cut-event";
import type { StreamMeter } from "./stream-meter.ts";

export interface StreamEnding {
  /** What is still to be sent; "" when the stream is whole. */
  text: string;
  /** How the stream failed, for the record; the provider's own error event counts. */
  failure: ApiError | null;
}

/**
 * What a stream that has ended still lacks. `cut` is the error for an answer that
 * was not whole; `broken` says that the connection itself broke.
 *
 * - the provider said [DONE], or sent an error event: nothing, whatever came after
 * - it gave a finish reason and stopped between two events: the missing [DONE]
 * - it stopped before a finish reason, or inside an event: an error event
 */
export function streamEnding(
  meter: StreamMeter,
  { endsWithDone, broken, cut }: { endsWithDone: boolean; broken: boolean; cut: ApiError },
): StreamEnding {
  const { unfinished, betweenEvents: between } = meter;
  const nothingHalf = meter.end();
  if (meter.error !== null) return { text: between ? "" : cutEventEnding(unfinished, cut), failure: meter.error };
  if (!endsWithDone) {
    return broken ? { text: cutEventEnding(unfinished, cut), failure: cut } : { text: "", failure: null };
  }
  if (meter.done) return { text: between ? "" : missingDone(unfinished), failure: null };
  if (meter.complete && nothingHalf) return { text: missingDone(unfinished), failure: null };
  return { text: cutEventEnding(unfinished, cut), failure: cut };
}
