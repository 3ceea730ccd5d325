import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RequestClock } from "../upstream/clock.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("a first byte has its time from the start of the request", () => {
  const clock = new RequestClock({ firstByteMs: 200, idleMs: 500, totalMs: 1_000 });
  vi.advanceTimersByTime(150);
  expect(clock.leftMs()).toBe(50);
  expect(clock.stream()).toEqual({ firstByteMs: 50, contentMs: 50, idleMs: 500, totalMs: 850 });
});

test("what a stream asks for later, its next prompt, has the time between two chunks and no more than the whole", () => {
  const clock = new RequestClock({ firstByteMs: 200, idleMs: 500, totalMs: 1_000 });
  clock.stream();
  vi.advanceTimersByTime(400);
  expect(clock.leftMs()).toBe(500);
  vi.advanceTimersByTime(300);
  expect(clock.leftMs()).toBe(300);
});

test("a stream that begins after all its time has none left for a first byte", () => {
  const clock = new RequestClock({ firstByteMs: 500, contentMs: 700, idleMs: 100, totalMs: 1_000 });
  vi.advanceTimersByTime(900);
  expect(clock.stream()).toEqual({ firstByteMs: 0, contentMs: 0, idleMs: 100, totalMs: 100 });
});

test("nothing has longer than the whole, and what is not given has its default", () => {
  expect(new RequestClock({ firstByteMs: 500, totalMs: 300 }).firstByteMs).toBe(300);
  expect(new RequestClock({ firstByteMs: 100, contentMs: 400 }).stream()).toMatchObject({ contentMs: 400 });
  // A gateway from before contentMs held streams for no longer than that.
  expect(new RequestClock({ firstByteMs: 500 }).stream()).toMatchObject({ firstByteMs: 500, contentMs: 500 });
  expect(new RequestClock(undefined).stream()).toEqual({
    firstByteMs: 120_000,
    contentMs: 120_000,
    idleMs: 120_000,
    totalMs: 600_000,
  });
});
