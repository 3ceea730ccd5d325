import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

/** A D1 in memory, with the tables of the migrations: as much of one as the store uses. */
export function memoryD1(): { db: D1Database; sqlite: DatabaseSync } {
  const sqlite = new DatabaseSync(":memory:");
  sqlite.exec(readFileSync(join(import.meta.dirname, "../migrations/0001_requests.sql"), "utf8"));
  const db = {
    prepare: (query: string) => statement(sqlite, query),
    batch: async (statements: Statement[]) => {
      if (statements.length === 0) throw new Error("D1_ERROR: No SQL statements detected.");
      for (const each of statements) await each.all();
    },
  };
  return { db: db as unknown as D1Database, sqlite };
}

type Statement = ReturnType<typeof statement>;

function statement(sqlite: DatabaseSync, query: string, values: SQLInputValue[] = []) {
  const rows = () => sqlite.prepare(query).all(parameters(values));
  return {
    bind: (...bound: SQLInputValue[]) => {
      const tooLong = bound.some((value) => typeof value === "string" && Buffer.byteLength(value) > 2_000_000);
      if (tooLong) throw new Error("D1_ERROR: string or blob too big: SQLITE_TOOBIG");
      return statement(sqlite, query, bound);
    },
    all: async () => ({ results: rows() }),
    first: async () => rows()[0] ?? null,
  };
}

/** [a, b] → {"?1": a, "?2": b}: SQLite has numbered parameters as named ones. */
function parameters(values: SQLInputValue[]): Record<string, SQLInputValue> {
  return Object.fromEntries(values.map((value, at) => [`?${at + 1}`, value]));
}
