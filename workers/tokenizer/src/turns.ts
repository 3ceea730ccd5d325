/** Milliseconds after which a turn that nobody has gone on with is free again: its request was torn down. */
const ABANDONED_MS = 500;
/** Milliseconds between two looks whether the turn is free. */
const WAIT_MS = 5;

/** The long work whose turn it is, and when it last went on. An isolate has one thread: one at a time is as fast as all. */
let turn: { of: object; since: number } | null = null;

/**
 * Runs work that yields, to its end. Work of one step runs at once. Longer work runs one at a time, with the event loop
 * between its steps: a short request beside fifty long ones waits for one step.
 */
export async function inTurns<Result>(work: Generator<void, Result>): Promise<Result> {
  let step = work.next();
  if (step.done) return step.value;
  const self = {};
  try {
    do {
      await pause(0);
      // Polled, not queued: a promise that another request resolves would hang if that request were torn down.
      while (turn !== null && turn.of !== self && Date.now() - turn.since < ABANDONED_MS) await pause(WAIT_MS);
      turn = { of: self, since: Date.now() };
      step = work.next();
    } while (!step.done);
    return step.value;
  } finally {
    if (turn?.of === self) turn = null;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
