import { describe, expect, test } from "vitest";
import { KeyRing } from "../upstream/keys.ts";

describe("the keys of a provider", () => {
  test("take turns", () => {
    const ring = new KeyRing("K", " a, b ,,c ");
    expect([1, 2, 3, 4].map(() => ring.next(0)?.value)).toEqual(["a", "b", "c", "a"]);
  });

  test("have labels that tell them apart without their values", () => {
    const ring = new KeyRing("OPENAI_API_KEY", "secret-a,secret-b");
    expect([ring.next(0)?.label, ring.next(0)?.label]).toEqual(["OPENAI_API_KEY#1", "OPENAI_API_KEY#2"]);
  });

  test("P62: rest for a minute once refused, and come back", () => {
    const ring = new KeyRing("K", "a,b");
    const refused = ring.next(1_000);
    if (refused) ring.refuse(refused, 1_000);
    expect(ring.live(1_000)).toBe(1);
    expect([1, 2, 3].map(() => ring.next(1_001)?.value)).toEqual(["b", "b", "b"]);
    expect(ring.live(61_000)).toBe(2);
    expect([ring.next(61_000)?.value, ring.next(61_000)?.value].toSorted()).toEqual(["a", "b"]);
  });

  test("that all rest are still tried, the one first that was refused first: a refusal may have been about one model", () => {
    const ring = new KeyRing("K", "a,b");
    for (const now of [1, 2]) {
      const key = ring.next(now);
      if (key) ring.refuse(key, now);
    }
    expect(ring.live(3)).toBe(0);
    expect(ring.next(3)?.value).toBe("a");
  });

  test("P62: the ones that are left do not count the one that failed, nor those that this request has used up", () => {
    const left = (secret: string, tried: number) => {
      const ring = new KeyRing("K", secret);
      const used = ring.next(0);
      return used && ring.others(used, tried, 0);
    };
    expect(left("a", 0)).toBe(0);
    expect([0, 1, 2].map((tried) => left("a,b", tried))).toEqual([1, 0, 0]);
    expect([0, 1, 2].map((tried) => left("a,b,c", tried))).toEqual([2, 1, 0]);
    const ring = new KeyRing("K", "a,b,c");
    const [first, second] = [ring.next(0), ring.next(0)];
    if (first) ring.refuse(first, 0);
    expect(second && ring.others(second, 0, 1)).toBe(1);
  });

  test("may be none", () => {
    for (const secret of [undefined, "", " , "]) {
      const ring = new KeyRing("K", secret);
      expect(ring.next(0)).toBeUndefined();
      expect(ring.size).toBe(0);
    }
  });
});
