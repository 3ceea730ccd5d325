import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { insertRecords } from "../src/store.ts";
import { memoryD1 } from "./d1.ts";
import { record } from "./record.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
const [, sql = ""] = /```sql\n([^`]+)```/.exec(readme) ?? [];
const [perProvider = "", perAttempt = ""] = sql.split(";");

test("the README's first question tells apart what failed, what was refused and who left", async () => {
  const { db, sqlite } = memoryD1();
  const time = Date.now();
  await insertRecords(db, [
    record("ok", { time }),
    record("complete", { time, stream: true, stream_end: "complete" }),
    record("cut", { time, stream: true, stream_end: "cut" }),
    record("failed", { time, status: 502 }),
    record("refused", { time, status: 400 }),
    record("limited", { time, status: 429 }),
    record("left", { time, status: 499 }),
    record("aborted", { time, stream: true, stream_end: "aborted" }),
    record("other", { time, provider: "gemini", model_used: "gemini-3-flash" }),
    record("yesterday", { time: time - 86_400_000, status: 502 }),
  ]);
  expect(sqlite.prepare(perProvider).all()).toMatchObject([
    { provider: "openai", requests: 8, failed: 2, refused: 2, gone: 2, prompt: 40 },
    { provider: "gemini", requests: 1, failed: 0, refused: 0, gone: 0 },
  ]);
});

test("the README's second question lists every attempt of a request that needed several", async () => {
  const { db, sqlite } = memoryD1();
  const trail = ["timeout", "ok"].map((outcome) => ({ provider: "openai", model: "m", outcome, status: null, ms: 1 }));
  await insertRecords(db, [record("one"), record("two", { attempts: 2, trail })]);
  expect(sqlite.prepare(perAttempt).all()).toMatchObject([
    { request_id: "two", outcome: "timeout" },
    { request_id: "two", outcome: "ok" },
  ]);
});
