import type { AuditQuery, AuditRecord } from "@ai-proxy/shared/contract/audit";
import { COLUMNS, type Row, rowJson, toRecord } from "./row.ts";

/**
 * The whole list travels as one JSON parameter: D1 takes 100 bound parameters a
 * query, which four rows would use up. json_extract reads JSON's true as 1.
 */
const INSERT = `INSERT INTO requests (${COLUMNS.join(", ")})
SELECT ${COLUMNS.map((column) => `json_extract(value, '$.${column}')`).join(", ")}
FROM json_each(?1) WHERE true
ON CONFLICT (record_id) DO NOTHING`;

/** D1 takes 2 MB a parameter; characters of up to four bytes stay below it. */
const LARGEST_PARAMETER = 400_000;

const MAX_LIST = 1_000;
const DEFAULT_LIST = 100;

/** Writes the records in one transaction; a record that is there already is left as it is. */
export async function insertRecords(db: D1Database, records: readonly AuditRecord[]): Promise<void> {
  const statement = db.prepare(INSERT);
  const parameters = jsonLists(records.map(rowJson));
  if (parameters.length > 0) await db.batch(parameters.map((list) => statement.bind(list)));
}

/** JSON texts → JSON arrays of them, none longer than D1 takes. */
function jsonLists(rows: readonly string[]): string[] {
  const lists: string[] = [];
  let list = "";
  for (const row of rows) {
    if (list !== "" && list.length + row.length > LARGEST_PARAMETER) {
      lists.push(`[${list}]`);
      list = "";
    }
    list += list === "" ? row : `,${row}`;
  }
  if (list !== "") lists.push(`[${list}]`);
  return lists;
}

export async function getRecord(db: D1Database, requestId: string): Promise<AuditRecord | null> {
  const row = await db
    .prepare("SELECT * FROM requests WHERE request_id = ?1 ORDER BY time DESC LIMIT 1")
    .bind(requestId)
    .first<Row>();
  return row === null ? null : toRecord(row);
}

/** Rows of a page: SQLite's LIMIT takes whole numbers only, and a caller over RPC may send any number. */
export function pageSize(limit = DEFAULT_LIST): number {
  return Number.isFinite(limit) ? Math.min(Math.max(1, Math.trunc(limit)), MAX_LIST) : DEFAULT_LIST;
}

/**
 * A page of rows behind (?1, ?2), newest first. Each is a range of one index, read backwards: a table without rowid has its
 * primary key behind the columns of every index.
 */
export const PAGE = `SELECT * FROM requests WHERE (time, record_id) < (?1, ?2)
ORDER BY time DESC, record_id DESC LIMIT ?3`;
export const PAGE_OF_SESSION = `SELECT * FROM requests WHERE session_id = ?4 AND (time, record_id) < (?1, ?2)
ORDER BY time DESC, record_id DESC LIMIT ?3`;

/** Newest first. Every record id is greater than "": without `beforeId` the rows of `before` itself are left out. */
export async function listRecords(db: D1Database, query: AuditQuery): Promise<AuditRecord[]> {
  const { before = Number.MAX_VALUE, beforeId = "", sessionId } = query;
  const range = [before, beforeId, pageSize(query.limit)];
  const statement =
    sessionId === undefined ? db.prepare(PAGE).bind(...range) : db.prepare(PAGE_OF_SESSION).bind(...range, sessionId);
  return (await statement.all<Row>()).results.map(toRecord);
}
