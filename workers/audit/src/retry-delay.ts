const FIRST_SECONDS = 10;
const LONGEST_SECONDS = 15 * 60;

/**
 * Seconds before a message is delivered again: doubled each time, up to a quarter
 * of an hour. The 100 retries of wrangler.jsonc, the most that Queues takes, then
 * last for nearly a day, which is as long as its free plan keeps a message.
 * @param attempts deliveries so far, this one included
 */
export function retryDelay(attempts: number): number {
  return Math.min(FIRST_SECONDS * 2 ** (attempts - 1), LONGEST_SECONDS);
}
