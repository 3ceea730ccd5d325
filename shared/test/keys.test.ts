import { describe, expect, test } from "vitest";
import { KeyRing, type ProviderKey } from "../upstream/keys.ts";

const FIRST = {};

function taken(ring: KeyRing, keysTried: readonly number[] = [], now = 0): ProviderKey {
  const key = ring.take({ keysTried }, now);
  if (key === undefined) throw new Error("no key");
  return key;
}

/** A ring of "a,b,c…" whose keys at these places were refused, one millisecond after the other. */
function ringOf(keys: string, ...refused: string[]): KeyRing {
  const ring = new KeyRing("K", keys);
  const all = new Map([...keys.split(",")].map(() => taken(ring)).map((key) => [key.value, key]));
  refused.forEach((value, at) => {
    const key = all.get(value);
    if (key !== undefined) ring.refuse(key, at);
  });
  return ring;
}

describe("the keys of a provider", () => {
  test("take turns", () => {
    const ring = new KeyRing("K", " a, b ,,c ");
    expect([1, 2, 3, 4].map(() => ring.take(FIRST, 0)?.value)).toEqual(["a", "b", "c", "a"]);
    expect(ring.size).toBe(3);
    expect(ring.values()).toEqual(["a", "b", "c"]);
  });

  test("have places and labels that tell them apart without their values", () => {
    const ring = new KeyRing("OPENAI_API_KEY", "secret-a,secret-b");
    expect([taken(ring), taken(ring)]).toEqual([
      { place: 0, label: "OPENAI_API_KEY#1", value: "secret-a" },
      { place: 1, label: "OPENAI_API_KEY#2", value: "secret-b" },
    ]);
  });

  test("rest for a minute once refused, and come back", () => {
    const ring = new KeyRing("K", "a,b");
    ring.refuse(taken(ring, [], 1_000), 1_000);
    const values = (now: number) => [1, 2, 3].map(() => taken(ring, [], now).value);
    expect(values(1_001)).toEqual(["b", "b", "b"]);
    expect(values(60_999)).toEqual(["b", "b", "b"]);
    expect(values(61_000)).toEqual(["a", "b", "a"]);
  });

  test("may be none", () => {
    for (const secret of [undefined, "", " , "]) {
      const ring = new KeyRing("K", secret);
      expect(ring.take(FIRST, 0)).toBeUndefined();
      expect(ring.size).toBe(0);
    }
  });
});

describe("the key of an attempt", () => {
  test.each([
    // keys, refused one after the other, tried before by this request, expected
    ["a,b,c", [], [], "a"],
    ["a,b,c", [], [0], "b"],
    ["a,b,c", [], [0, 1], "c"],
    ["a,b,c", [], [1], "a"],
    ["a,b,c", ["b"], [0], "c"],
    ["a,b,c", ["a"], [], "b"],
    // All that are untried rest: the one that rests the shortest, though a tried one does not rest.
    ["a,b,c", ["c", "b"], [0], "c"],
    ["a,b,c", ["b", "c"], [0], "b"],
    ["a,b", ["b"], [0], "b"],
    // All rest: a refusal may have been about one model.
    ["a,b", ["b", "a"], [], "b"],
    // All were tried: as if none had been.
    ["a,b", [], [0, 1], "a"],
    ["a,b", ["a"], [0, 1], "b"],
    ["a", [], [0], "a"],
    // Of a secret that had more keys a moment ago.
    ["a,b", [], [7], "a"],
  ])("of %s, %j refused, %j tried, is %s", (keys, refused, tried, expected) => {
    expect(taken(ringOf(keys, ...refused), tried, 100).value).toBe(expected);
  });

  test("is another than its request's earlier ones, whatever requests come between", () => {
    const ring = new KeyRing("K", "a,b");
    const [first, other] = [taken(ring), taken(ring)];
    expect([first.value, other.value]).toEqual(["a", "b"]);
    expect(taken(ring, [first.place]).value).toBe("b");
    expect(taken(ring, [other.place]).value).toBe("a");
  });

  test.each([2, 3, 5])("is each of %i keys once for every one of many requests at a time", (count) => {
    const ring = new KeyRing("K", Array.from({ length: count }, (_, at) => `k${at}`).join(","));
    const requests = Array.from({ length: 7 }, (): number[] => []);
    for (let round = 0; round < count; round++) {
      for (const tried of requests) tried.push(taken(ring, [...tried]).place);
    }
    for (const tried of requests) expect(new Set(tried).size).toBe(count);
  });
});

describe("the keys that are left to try", () => {
  test.each([
    // keys, refused, tried before, how many are left when the first fails
    ["a", [], [], 0],
    ["a,b", [], [], 1],
    ["a,b,c", [], [], 2],
    ["a,b,c", [], [1], 1],
    ["a,b,c", [], [1, 2], 0],
    ["a,b,c", ["b"], [], 1],
    ["a,b,c", ["b"], [2], 0],
    ["a,b,c", ["b"], [1], 1],
    // The one that failed is not counted twice.
    ["a,b,c", ["a"], [0], 2],
    ["a,b", [], [0, 1], 0],
    ["a,b", [], [7], 1],
  ])("of %s, %j refused, %j tried, are %i", (keys, refused, tried, expected) => {
    const ring = ringOf(keys, ...refused);
    const used = taken(ringOf(keys));
    const own = taken(ring, [1, 2]);
    expect(used.value).toBe(own.value);
    expect(ring.left(own, { keysTried: tried }, 100)).toBe(expected);
  });

  test.each([
    ["a", undefined, 0],
    ["a,b", undefined, 1],
    ["a,b", 0, 1],
    ["a,b", 1, 0],
    ["a,b", 2, 0],
    ["a,b,c", 0, 2],
    ["a,b,c", 1, 1],
    ["a,b,c", 2, 0],
  ])("of %s are, for a gateway that says only that %s were tried, %i", (keys, keySlot, expected) => {
    const ring = new KeyRing("K", keys);
    expect(ring.left(taken(ring), keySlot === undefined ? {} : { keySlot }, 0)).toBe(expected);
  });

  test("count one that has rested long enough", () => {
    const ring = ringOf("a,b", "b");
    const used = taken(ring);
    expect([59_999, 60_000].map((now) => ring.left(used, {}, now))).toEqual([0, 1]);
  });
});
