import { expect, test } from "vitest";
import { countTexts } from "../src/count.ts";
import { inTurns } from "../src/turns.ts";

test("long texts are counted one at a time: a short one waits for a step, not for all", async () => {
  const done: string[] = [];
  const long = [1, 2, 3].map((at) => countTexts("gpt-4o", ["a".repeat(2_000_000)]).then(() => done.push(`long ${at}`)));
  const short = new Promise((resolve) => setTimeout(resolve, 20))
    .then(() => countTexts("gpt-4o", ["Hello, world!"]))
    .then(([count]) => {
      done.push("short");
      expect(count).toBe(4);
    });
  await Promise.all([...long, short]);
  expect(done[0]).toBe("short");
});

test("a turn that was abandoned does not stop the others", async () => {
  const abandoned = inTurns(
    (function* () {
      yield;
      yield;
      throw new Error("torn down");
    })(),
  );
  await expect(abandoned).rejects.toThrow("torn down");
  expect(await countTexts("gpt-4o", ["a".repeat(100_000)])).toEqual([12_500]);
});

test("many texts in one call: a count for each, in order, none for an empty list", async () => {
  expect(await countTexts("gpt-4o", ["one", "", "one two"])).toEqual([1, 0, 2]);
  expect(await countTexts("gpt-4o", [])).toEqual([]);
});
