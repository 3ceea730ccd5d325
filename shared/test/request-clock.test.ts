import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RequestClock } from "../request-clock.ts";

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
