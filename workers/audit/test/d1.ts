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
      for (const each of statements) await each.all();
    },
  };
  return { db: db as unknown as D1Database, sqlite };
}

type Statement = ReturnType<typeof statement>;

function statement(sqlite: DatabaseSync, query: string, values: SQLInputValue[] = []) {
  const rows = () => sqlite.prepare(query).all(parameters(values));
  return {
    bind: (...bound: SQLInputValue[]) => statement(sqlite, query, bound),
    all: async () => ({ results: rows() }),
    first: async () => rows()[0] ?? null,
  };
}

/** [a, b] → {"?1": a, "?2": b}: SQLite has numbered parameters as named ones. */
function parameters(values: SQLInputValue[]): Record<string, SQLInputValue> {
  return Object.fromEntries(values.map((value, at) => [`?${at + 1}`, value]));
}
