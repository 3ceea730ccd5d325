const DAY_MS = 24 * 60 * 60 * 1000;

/** Rows that one statement deletes: each costs a write for itself and for every index, and D1 ends a statement after 30 s. */
const SLICE = 5_000;

/** D1 takes 50 queries an invocation on the free plan; what is left then goes the next day. */
const MOST_SLICES = 40;

/**
 * The setting RETENTION_DAYS: after how many days a row goes; null when rows
 * stay for good ("" or absent). Throws for anything else: nothing is deleted by guess.
 *
 * @param setting text, or the number that a JSON var may be
 */
export function readRetention(setting: unknown): number | null {
  const text = String(setting ?? "").trim();
  if (text === "") return null;
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1) return days;
  throw new Error('RETENTION_DAYS must be a whole number of days from 1 on, or "" to keep all.');
}

/**
 * Deletes the rows of requests that began before the last `days` days.
 * @param now milliseconds since the epoch
 */
export async function deleteOldRecords(db: D1Database, days: number, now: number): Promise<void> {
  const statement = db
    .prepare(
      "DELETE FROM requests WHERE record_id IN (SELECT record_id FROM requests WHERE time < ?1 ORDER BY time LIMIT ?2)",
    )
    .bind(now - days * DAY_MS, SLICE);
  for (let slice = 0; slice < MOST_SLICES; slice++) {
    // `changes` counts rows of the table; rows_written would count the indexes' too.
    const { changes } = (await statement.run()).meta;
    if (changes < SLICE) return;
  }
}
