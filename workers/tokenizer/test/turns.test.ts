import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { inTurns } from "../src/turns.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Work of so many steps that notes each: "a1", "a2". `atSecond` is called in the second one. */
function* work(name: string, steps: number, done: string[], atSecond = () => {}): Generator<void, string> {
  for (let step = 1; step <= steps; step++) {
    done.push(`${name}${step}`);
    if (step === 2) atSecond();
    if (step < steps) yield;
  }
  return name;
}

test("work of one step runs at once", () => {
  const done: string[] = [];
  void inTurns(work("a", 1, done));
  expect(done).toEqual(["a1"]);
});

test("long works run one after the other, each from its second step on", async () => {
  const done: string[] = [];
  const results = Promise.all(["a", "b", "c"].map((name) => inTurns(work(name, 3, done))));
  await vi.runAllTimersAsync();
  expect(done).toEqual(["a1", "b1", "c1", "a2", "a3", "b2", "b3", "c2", "c3"]);
  expect(await results).toEqual(["a", "b", "c"]);
});

test("short work waits for one step of long work, not for its end", async () => {
  const done: string[] = [];
  const askForShort = () => setTimeout(() => inTurns(work("short", 1, done)));
  void inTurns(work("long", 4, done, askForShort));
  await vi.runAllTimersAsync();
  expect(done).toEqual(["long1", "long2", "short1", "long3", "long4"]);
});

test("work that fails makes way, and its failure is told", async () => {
  const failing = inTurns(
    (function* () {
      yield;
      yield;
      throw new Error("no such token");
    })(),
  );
  const failure = expect(failing).rejects.toThrow("no such token");
  const done: string[] = [];
  void inTurns(work("next", 2, done));
  await vi.runAllTimersAsync();
  await failure;
  expect(done).toEqual(["next1", "next2"]);
});

test("work that nobody goes on with, as its request was torn down, blocks the others for half a second", async () => {
  const done: string[] = [];
  // A timer that never fires: workerd drops those of a request that was torn down.
  const timeout = vi.spyOn(globalThis, "setTimeout");
  const tearDown = () => timeout.mockImplementationOnce(() => timeout.mock.results[0]?.value);
  void inTurns(work("gone", 3, done, tearDown));
  void inTurns(work("next", 2, done));
  await vi.advanceTimersByTimeAsync(490);
  expect(done).toEqual(["gone1", "next1", "gone2"]);
  await vi.advanceTimersByTimeAsync(20);
  expect(done).toEqual(["gone1", "next1", "gone2", "next2"]);
  timeout.mockRestore();
});
