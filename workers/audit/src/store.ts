import type { AuditRecord } from "@ai-proxy/shared/contract/audit";
import { isObject, tryParseJson } from "@ai-proxy/shared/json";

/** The columns of `requests` that hold a field of the record as it is; booleans and the trail are apart. */
const PLAIN_COLUMNS = [
  "record_id",
  "request_id",
  "time",
  "session_id",
  "caller",
  "route",
  "method",
  "provider",
  "model_asked",
  "model_used",
  "attempts",
  "status",
  "error_code",
  "stream",
  "stream_end",
  "first_byte_ms",
  "total_ms",
  "prompt_tokens",
  "completion_tokens",
  "cached_tokens",
  "reasoning_tokens",
  "usage_estimated",
  "gateway_log_id",
] as const satisfies readonly (keyof AuditRecord)[];

/**
 * The whole list travels as one JSON parameter: D1 takes 100 bound parameters a
 * query, which four rows would use up. json_extract reads JSON's true as 1.
 */
const INSERT = `INSERT INTO requests (${PLAIN_COLUMNS.join(", ")}, trail)
SELECT ${PLAIN_COLUMNS.map((column) => `json_extract(value, '$.${column}')`).join(", ")},
  coalesce(json_extract(value, '$.trail'), '[]')
FROM json_each(?1) WHERE true
ON CONFLICT (record_id) DO NOTHING`;

/** D1 takes 2 MB a parameter; characters of up to four bytes stay below it. */
const LARGEST_PARAMETER = 400_000;

const MAX_LIST = 1_000;
const DEFAULT_LIST = 100;

/** Writes the records in one transaction; a record that is there already is left as it is. */
export async function insertRecords(db: D1Database, records: readonly AuditRecord[]): Promise<void> {
  const statement = db.prepare(INSERT);
  const parameters = jsonLists(records.map((record) => JSON.stringify(record)));
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

/** Newest first. */
export async function listRecords(
  db: D1Database,
  query: { limit?: number; before?: number; sessionId?: string },
): Promise<AuditRecord[]> {
  const { results } = await db
    .prepare(
      `SELECT * FROM requests WHERE (?1 IS NULL OR time < ?1) AND (?2 IS NULL OR session_id = ?2)
       ORDER BY time DESC LIMIT ?3`,
    )
    .bind(query.before ?? null, query.sessionId ?? null, pageSize(query.limit))
    .all<Row>();
  return results.map(toRecord);
}

type Row = Omit<AuditRecord, "stream" | "usage_estimated" | "trail"> & {
  stream: number;
  usage_estimated: number;
  trail: string;
};

function toRecord(row: Row): AuditRecord {
  const trail = tryParseJson(row.trail);
  return {
    ...row,
    stream: row.stream === 1,
    usage_estimated: row.usage_estimated === 1,
    trail: Array.isArray(trail) ? trail.filter(isObject).map(toAttempt) : [],
  };
}

function toAttempt(value: Record<string, unknown>): AuditRecord["trail"][number] {
  const { provider, model, outcome, status, ms } = value;
  return {
    provider: String(provider),
    model: String(model),
    outcome: String(outcome),
    status: typeof status === "number" ? status : null,
    ms: typeof ms === "number" ? ms : 0,
  };
}
