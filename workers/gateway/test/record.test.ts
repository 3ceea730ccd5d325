import type { AuditRecord } from "@ai-proxy/shared/contract/audit";
import { expect, test } from "vitest";
import { bounded } from "../src/record/record.ts";
import { MOST_ATTEMPTS } from "../src/settings/routing-policy.ts";

test("P79 the largest record there can be fits a queue message many times over, whatever a client calls its model", () => {
  const text = "𝕏".repeat(10_000);
  const attempt = { provider: text, model: text, outcome: text, status: 500, ms: 1 };
  const record = bounded({
    record_id: text,
    request_id: text,
    time: 1,
    session_id: text,
    caller: text,
    route: text,
    method: text,
    provider: text,
    model_asked: text,
    model_used: text,
    attempts: MOST_ATTEMPTS,
    status: 500,
    error_code: text,
    stream: true,
    stream_end: "cut",
    first_byte_ms: 1,
    total_ms: 1,
    prompt_tokens: 1,
    completion_tokens: 1,
    cached_tokens: 1,
    reasoning_tokens: 1,
    usage_estimated: true,
    gateway_log_id: text,
    trail: Array.from({ length: MOST_ATTEMPTS }, () => attempt),
  } satisfies AuditRecord);
  const bytes = new TextEncoder().encode(JSON.stringify(record)).byteLength;
  // The bounds that audit-queue.ts packs messages by.
  expect(bytes).toBeLessThan(5_500 + record.trail.length * 1_600);
  expect(bytes).toBeLessThan(120_000);
  expect(record.model_asked).toMatch(/…$/);
  // The cut falls into a character of two code units.
  expect(record.model_asked?.isWellFormed()).toBe(true);
});

test.each([
  ["x".repeat(128), "x".repeat(128)],
  ["x".repeat(129), `${"x".repeat(127)}…`],
])("P79 a text of 128 characters is kept, a longer one is cut to that", (given, kept) => {
  const record = { model_asked: given, trail: [] as unknown[] } as AuditRecord;
  expect(bounded(record)).toEqual({ model_asked: kept, trail: [] });
});
