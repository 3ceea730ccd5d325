import { expect, test } from "vitest";
import { readRetryAfter } from "../upstream/retry-after.ts";

const now = Date.UTC(2026, 10, 23, 12, 0, 0);

test.each([
  [{ "retry-after": "3" }, 3_000],
  [{ "retry-after": "0.5" }, 500],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
  [{ "retry-after-ms": "soon", "retry-after": "9" }, 9_000],
  [{ "retry-after": "Mon, 23 Nov 2026 12:00:07 GMT" }, 7_000],
  [{ "retry-after": "Mon, 23 Nov 2026 11:59:00 GMT" }, undefined],
  [{ "retry-after": "-5" }, undefined],
  [{ "retry-after": "later" }, undefined],
  [{ "retry-after": "2026-12-01" }, undefined],
  [{ "retry-after": "" }, undefined],
  [{}, undefined],
])("%j asks to wait %s ms", (headers, expected) => {
  expect(readRetryAfter(new Headers(headers as Record<string, string>), now)).toBe(expected);
});
