import type { AuditQuery, AuditRecord } from "@ai-proxy/shared/contract/audit";
import { describe, expect, test } from "vitest";
import { getRecord, insertRecords, listRecords, PAGE, PAGE_OF_SESSION, pageSize } from "../src/store.ts";
import { memoryD1 } from "./d1.ts";
import { record } from "./record.ts";

test.each([
  [undefined, 100],
  [1, 1],
  [2.7, 2],
  [0, 1],
  [-5, 1],
  [100_000, 1_000],
  [Number.NaN, 100],
  [Number.POSITIVE_INFINITY, 100],
])("a list of %s records is one of %i", (limit, size) => {
  expect(pageSize(limit)).toBe(size);
});

describe("what is written is read back", () => {
  test("as it was", async () => {
    const { db } = memoryD1();
    const written = record("a", { stream: true, stream_end: "cut", model_asked: 'a "quoted"\nname' });
    await insertRecords(db, [written]);
    expect(await getRecord(db, "a")).toEqual(written);
    expect(await getRecord(db, "b")).toBeNull();
  });

  test("with what each attempt used, where that is known", async () => {
    const { db } = memoryD1();
    const known = { provider: "openai", model: "gpt-4", outcome: "ok", status: null, ms: 30 };
    const counts = { prompt_tokens: 5, completion_tokens: 7, cached_tokens: 1, reasoning_tokens: 2 };
    const used = { ...known, ...counts, usage_estimated: true, upstream_requests: 2 };
    await insertRecords(db, [record("used", { trail: [known, used] })]);
    expect((await getRecord(db, "used"))?.trail).toEqual([known, used]);
    const odd = { ...known, prompt_tokens: "5", usage_estimated: 1, cost: 3 } as unknown as typeof used;
    await insertRecords(db, [record("odd", { trail: [odd] })]);
    expect((await getRecord(db, "odd"))?.trail).toEqual([known]);
  });

  test("however many and large they are, and when there are none", async () => {
    const { db } = memoryD1();
    const large = Array.from({ length: 40 }, (_, at) => record(`${at}`, { model_asked: "𝕏".repeat(40_000) }));
    await insertRecords(db, large);
    for (const at of [0, 20, 39]) expect(await getRecord(db, `${at}`)).toEqual(large[at]);
    await insertRecords(db, []);
    const estimated = record("e", { usage_estimated: true });
    await insertRecords(db, [estimated]);
    expect(await getRecord(db, "e")).toEqual(estimated);
  });

  test("all or nothing: if a part of a long list is refused, none of it is there", async () => {
    const { db, sqlite } = memoryD1();
    sqlite.exec(`CREATE TRIGGER refuse BEFORE INSERT ON requests WHEN new.request_id = 'last'
      BEGIN SELECT RAISE(ABORT, 'not this one'); END`);
    const many = Array.from({ length: 40 }, (_, at) => record(`${at}`, { model_asked: "m".repeat(40_000) }));
    await expect(insertRecords(db, [...many, record("last")])).rejects.toThrow("not this one");
    expect(await listRecords(db, {})).toEqual([]);
  });

  test("the newest of a request id that was used twice", async () => {
    const { db } = memoryD1();
    const twice = (id: string, time: number) => record("twice", { record_id: id, time });
    await insertRecords(db, [twice("2", 2), twice("3", 3), twice("1", 1)]);
    expect(await getRecord(db, "twice")).toMatchObject({ record_id: "3" });
  });

  test("but for fields that it does not know, however deep they are", async () => {
    const { db } = memoryD1();
    const deep = JSON.parse(`${"[".repeat(3_000)}${"]".repeat(3_000)}`);
    const odd = { ...record("odd"), brand_new: deep, provider: deep, trail: [deep, { provider: deep, status: 200 }] };
    await insertRecords(db, [record("a"), odd, record("b")]);
    expect(await getRecord(db, "a")).toEqual(record("a"));
    const attempt = { provider: "", model: "", outcome: "", status: 200, ms: 0 };
    expect(await getRecord(db, "odd")).toEqual(record("odd", { provider: null, trail: [attempt] }));
  });
});

describe("pages", () => {
  const records = [3, 1, 1, 1, 1, 1, 2].map((time, at) =>
    record(`${at}`, { time, session_id: at % 2 === 0 ? "even" : "odd" }),
  );

  async function readAll(query: AuditQuery): Promise<string[]> {
    const { db } = memoryD1();
    await insertRecords(db, records);
    const seen: string[] = [];
    for (let last: AuditRecord | undefined; ; ) {
      const page = await listRecords(db, { ...query, ...(last && { before: last.time, beforeId: last.record_id }) });
      seen.push(...page.map(({ request_id }) => request_id));
      last = page.at(-1);
      if (last === undefined) return seen;
    }
  }

  test.each([1, 2, 3, 100])(
    "of %i have every record once, newest first, those of one millisecond too",
    async (limit) => {
      expect(await readAll({ limit })).toEqual(["0", "6", "5", "4", "3", "2", "1"]);
      expect(await readAll({ limit, sessionId: "odd" })).toEqual(["5", "3", "1"]);
    },
  );

  test("before a time alone leave that time out", async () => {
    const { db } = memoryD1();
    await insertRecords(db, records);
    expect((await listRecords(db, { before: 2 })).map(({ time }) => time)).toEqual([1, 1, 1, 1, 1]);
  });

  test.each([
    [PAGE, /USING INDEX requests_by_time \(/],
    [PAGE_OF_SESSION, /USING INDEX requests_by_session \(session_id=\? AND/],
  ])("are read from an index, and sorted by it: %s", (query, index) => {
    const plan = memoryD1().sqlite.prepare(`EXPLAIN QUERY PLAN ${query}`).all();
    const details = plan.map(({ detail }) => String(detail));
    expect(details).toEqual([expect.stringMatching(index)]);
  });
});
