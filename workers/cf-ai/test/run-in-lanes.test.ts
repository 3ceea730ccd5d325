import { expect, test } from "vitest";
import { inLanes } from "../src/run-in-lanes.ts";

/** Tasks that end when they are told to, and what is known of them. */
function scripted(count: number) {
  const ends = Array.from({ length: count }, () => Promise.withResolvers<number>());
  const begun: number[] = [];
  const tasks = ends.map(({ promise }, at) => () => {
    begun.push(at);
    return promise;
  });
  return { ends, begun, tasks };
}

test("six run at once, and the results keep their order", async () => {
  const { ends, begun, tasks } = scripted(8);
  const results = inLanes(tasks);
  await Promise.resolve();
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
  for (const [at, { resolve }] of [...ends.entries()].toReversed()) resolve(at);
  expect(await results).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(begun).toHaveLength(8);
});

test("after a failure nothing begins", async () => {
  const { ends, begun, tasks } = scripted(8);
  const results = inLanes(tasks);
  ends[1]?.reject(new Error("no"));
  await expect(results).rejects.toThrow("no");
  for (const [at, { resolve }] of ends.entries()) resolve(at);
  await Promise.all(ends.map(({ promise }) => promise.catch(() => {})));
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
});

test("nothing to do is done", async () => {
  expect(await inLanes([])).toEqual([]);
});
