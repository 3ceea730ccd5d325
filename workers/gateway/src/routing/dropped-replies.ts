import { isStreamReply, type RelayReply, type StreamReply } from "@ai-proxy/shared/contract/relay";
import { type CountedUsage, countedUsage } from "../record/outcome.ts";

/** How long a dropped attempt is waited for, to learn what it has used. Milliseconds. */
export const USAGE_WAIT_MS = 5_000;

/** The world's clock: `done` resolves after the time, unless it is stopped. */
export type StartTimer = (ms: number) => { done: Promise<void>; stop(): void };

/**
 * Drops the reply of an attempt that nobody waits for, as soon as it comes.
 * What the attempt has used; null when it does not say so in time.
 */
export async function usageOfDropped(reply: Promise<RelayReply>, startTimer: StartTimer): Promise<CountedUsage | null> {
  const timer = startTimer(USAGE_WAIT_MS);
  try {
    return await Promise.race([reply.then(dropReply), timer.done.then(() => null)]);
  } finally {
    timer.stop();
  }
}

/** Ends a reply that nobody waits for; resolves with what it has used. */
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
