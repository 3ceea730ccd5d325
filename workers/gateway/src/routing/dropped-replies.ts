import { isStreamReply, type RelayReply, type StreamReply } from "@ai-proxy/shared/contract/relay";
import { type CountedUsage, countedUsage } from "../record/outcome.ts";

/**
 * How long the reply of a dropped attempt is waited for, milliseconds. A relay that hears of it answers at once; one
 * that does not goes on as long as it is waited for, so the client's provider has to be dropped soon.
 */
export const REPLY_WAIT_MS = 500;

/** How long a dropped stream may take to say what it has used, milliseconds. */
export const USAGE_WAIT_MS = 5_000;

/** The world's clock: `done` resolves after the time, unless it is stopped. */
export type StartTimer = (ms: number) => { done: Promise<void>; stop(): void };

/**
 * Drops the reply of an attempt that nobody waits for, as soon as it comes.
 * What the attempt has used; null when it does not say so in time.
 */
export async function usageOfDropped(
  pending: Promise<RelayReply>,
  startTimer: StartTimer,
): Promise<CountedUsage | null> {
  const dropped = pending.then((reply) => ({ used: dropReply(reply) }));
  const late = await within(REPLY_WAIT_MS, dropped, startTimer);
  return late === null ? null : within(USAGE_WAIT_MS, late.used, startTimer);
}

/** The work's result; null when it takes longer. */
async function within<Result>(ms: number, work: Promise<Result>, startTimer: StartTimer): Promise<Result | null> {
  const timer = startTimer(ms);
  try {
    return await Promise.race([work, timer.done.then(() => null)]);
  } finally {
    timer.stop();
  }
}

/** Ends a reply that nobody waits for; resolves with what it has used, and never rejects. */
export async function dropReply(reply: RelayReply): Promise<CountedUsage | null> {
  if (!isStreamReply(reply)) return countedUsage(reply);
  try {
    reply.cancel();
    return countedUsage(await reply.usage());
  } catch {
    // The relay is gone, and what it had counted with it.
    return null;
  } finally {
    disposeReply(reply);
  }
}

/** Releases the stubs that a reply holds, once nothing of it is needed any more. */
export function disposeReply(reply: StreamReply & Partial<Disposable>): void {
  reply[Symbol.dispose]?.();
}
