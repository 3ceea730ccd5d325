import type { Failure } from "@ai-proxy/shared/contract/relay";
import { expect, test } from "vitest";
import { KeysTried, takesNextKey } from "../src/routing/keys-tried.ts";

const refused = (more: Partial<Failure> = {}): Failure => ({ condition: "auth", code: null, keysLeft: 1, ...more });

test("each attempt is told of the keys that were used before it, at its own provider", () => {
  const keys = new KeysTried();
  expect(keys.of("openai")).toEqual({ keysTried: [], keySlot: 0 });
  keys.failed("openai", refused({ key: 2 }));
  keys.failed("openai", refused({ key: 0 }));
  expect(keys.of("openai")).toEqual({ keysTried: [2, 0], keySlot: 2 });
  expect(keys.of("gemini")).toEqual({ keysTried: [], keySlot: 0 });
});

test("a key that was used twice is told once, and one that no relay names is not", () => {
  const keys = new KeysTried();
  for (const key of [1, 1]) keys.failed("openai", refused({ key }));
  keys.failed("openai", refused());
  expect(keys.of("openai").keysTried).toEqual([1]);
});

test("a key that is not at fault has been tried, but none was refused", () => {
  const keys = new KeysTried();
  keys.failed("openai", { condition: "overloaded", code: null, key: 0, keysLeft: 1 });
  expect(keys.of("openai")).toEqual({ keysTried: [0], keySlot: 0 });
});

test.each<[Partial<Failure>, boolean]>([
  [{ condition: "auth", keysLeft: 1 }, true],
  [{ condition: "rate_limited", keysLeft: 2 }, true],
  [{ condition: "quota_exhausted", keysLeft: 1 }, true],
  [{ condition: "auth", keysLeft: 0 }, false],
  [{ condition: "timeout", keysLeft: 1 }, false],
])("after %j another key is tried at once: %s", (failure, expected) => {
  expect(takesNextKey({ code: null, condition: "auth", ...failure })).toBe(expected);
  expect(takesNextKey({ code: null, condition: "auth" })).toBe(false);
});
