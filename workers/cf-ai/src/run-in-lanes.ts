/** Connections that a Worker may open at once. Source: developers.cloudflare.com/workers/platform/limits, "simultaneous". */
const LANES = 6;

/**
 * The results of the tasks, in their order; six run at once. The first failure is thrown, and tasks
 * that have not begun by then never do.
 */
export async function inLanes<Result>(tasks: readonly (() => Promise<Result>)[]): Promise<Result[]> {
  const results: Result[] = [];
  const upcoming = tasks.entries();
  let failed = false;
  const lane = async () => {
    for (const [at, task] of upcoming) {
      if (failed) return;
      try {
        results[at] = await task();
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}
