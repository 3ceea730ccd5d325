import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

const MIGRATIONS = join(import.meta.dirname, "../migrations");

/** A D1 in memory, with the tables of the migrations: as much of one as this Worker uses. */
export function memoryD1(): { db: D1Database; sqlite: DatabaseSync } {
  const sqlite = new DatabaseSync(":memory:");
  for (const file of globSync("*.sql", { cwd: MIGRATIONS }).toSorted()) {
    const migration = readFileSync(join(MIGRATIONS, file), "utf8");
    inTransaction(sqlite, () => sqlite.exec(migration));
  }
  const db = {
    prepare: (query: string) => statement(sqlite, query),
    batch: async (statements: Statement[]) => {
      if (statements.length === 0) throw new Error("D1_ERROR: No SQL statements detected.");
      inTransaction(sqlite, () => statements.map((each) => each.allNow()));
    },
  };
  return { db: db as unknown as D1Database, sqlite };
}

/** All of it or nothing, as D1 runs a migration and a batch. */
function inTransaction(sqlite: DatabaseSync, work: () => unknown): void {
  sqlite.exec("BEGIN");
  try {
    work();
    sqlite.exec("COMMIT");
  } catch (error) {
    sqlite.exec("ROLLBACK");
    throw error;
  }
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
    allNow: rows,
    all: async () => ({ results: rows() }),
    run: async () => ({ meta: { changes: sqlite.prepare(query).run(parameters(values)).changes } }),
    first: async () => rows()[0] ?? null,
  };
}

/** [a, b] → {"?1": a, "?2": b}: SQLite has numbered parameters as named ones. */
function parameters(values: SQLInputValue[]): Record<string, SQLInputValue> {
  return Object.fromEntries(values.map((value, at) => [`?${at + 1}`, value]));
}
