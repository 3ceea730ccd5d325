import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Watchdog } from "../upstream/watchdog.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Times of what happens → when the watchdog expires, milliseconds. */
async function expiry(
  deadlines: ConstructorParameters<typeof Watchdog>[0],
  happens: (watchdog: Watchdog, at: (ms: number) => Promise<void>) => Promise<void> = async () => {},
): Promise<number | null> {
  const begun = Date.now();
  let expired: number | null = null;
  const watchdog = new Watchdog(deadlines, () => {
    expired = Date.now() - begun;
  });
  await happens(watchdog, async (ms) => void (await vi.advanceTimersByTimeAsync(begun + ms - Date.now())));
  await vi.advanceTimersByTimeAsync(10_000);
  return expired;
}

test("the first chunk has its own time, and the next ones theirs", async () => {
  expect(await expiry({ firstByteMs: 300, idleMs: 100 })).toBe(300);
  expect(await expiry({ idleMs: 100 })).toBe(100);
  const touched = await expiry({ firstByteMs: 300, idleMs: 100 }, async (watchdog, at) => {
    await at(250);
    watchdog.touch();
  });
  expect(touched).toBe(350);
});

test("chunks do not lengthen the whole", async () => {
  const touched = await expiry({ idleMs: 100, totalMs: 250 }, async (watchdog, at) => {
    for (const ms of [80, 160, 240]) {
      await at(ms);
      watchdog.touch();
    }
  });
  expect(touched).toBe(250);
  expect(await expiry({ firstByteMs: 300, idleMs: 100, totalMs: 200 })).toBe(200);
});

test("chunks do not lengthen the wait for content; once it has come they count again", async () => {
  const alive = async (watchdog: Watchdog, at: (ms: number) => Promise<void>) => {
    for (const ms of [80, 160]) {
      await at(ms);
      watchdog.touch();
    }
  };
  const held = await expiry({ idleMs: 100 }, async (watchdog, at) => {
    watchdog.holdFor(200);
    await alive(watchdog, at);
  });
  expect(held).toBe(200);
  const released = await expiry({ idleMs: 100 }, async (watchdog, at) => {
    watchdog.holdFor(200);
    await alive(watchdog, at);
    watchdog.holdFor(undefined);
  });
  expect(released).toBe(260);
});

test("what waits for the client is no wait for the provider, but a part of the whole", async () => {
  const rested = await expiry({ idleMs: 100 }, async (watchdog, at) => {
    watchdog.rest();
    await at(350);
    watchdog.touch();
  });
  expect(rested).toBe(450);
  expect(await expiry({ idleMs: 100, totalMs: 250 }, async (watchdog) => watchdog.rest())).toBe(250);
});

test.each([
  [{ idleMs: 100 }, "the next chunk"],
  [{ firstByteMs: 300, idleMs: 100, totalMs: 1_000 }, "the next chunk"],
  [{ idleMs: 100, totalMs: 50 }, "the whole answer"],
])("of %j it says what has not come: %s", async (deadlines, missed) => {
  const said = await new Promise((resolve) => {
    const watchdog = new Watchdog(deadlines, () => resolve(watchdog.missed));
    vi.advanceTimersByTime(10_000);
  });
  expect(said).toBe(missed);
});

test("one that was stopped does not expire", async () => {
  expect(await expiry({ idleMs: 100 }, async (watchdog) => watchdog.stop())).toBeNull();
});
