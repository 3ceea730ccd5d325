/** First ceiling of the wait before a retry; it doubles with each. Milliseconds, as openai-node has it. */
const FIRST_MS = 500;
const LONGEST_MS = 8_000;

/** A provider that asks for a longer wait is not waited for: the client gets its answer with Retry-After. */
const LONGEST_RETRY_AFTER_MS = 15_000;

/**
 * Milliseconds to wait before the nth retry of a target: exponential with full
 * jitter, at least what the provider asked for; null when that is too long.
 * @param retry 1 for the first
 * @param random from 0 to 1
 */
export function waitBefore(retry: number, retryAfterMs: number | undefined, random: number): number | null {
  if (retryAfterMs !== undefined && retryAfterMs > LONGEST_RETRY_AFTER_MS) return null;
  const ceiling = Math.min(FIRST_MS * 2 ** (retry - 1), LONGEST_MS);
  return Math.max(retryAfterMs ?? 0, Math.round(ceiling * random));
}
