import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { isObject, tryParseJson } from "../../shared/json.ts";
import { run } from "../run.ts";
import { folderOf, type Mesh, workerNamed } from "../workspace.ts";

/** The queue collects records for up to five seconds (max_batch_timeout of the audit Worker). */
const LONGEST_WAIT_MS = 12_000;

/** Each of these requests has one row in the local D1, once the queue has delivered. Throws what is missing. */
export async function expectRows(mesh: Mesh, state: string, requestIds: readonly string[]): Promise<void> {
  const deadline = Date.now() + LONGEST_WAIT_MS;
  for (;;) {
    const rows = await countRows(mesh, state);
    const missing = requestIds.filter((id) => !rows.has(id));
    if (missing.length > 0 && Date.now() < deadline) {
      await sleep(500);
      continue;
    }
    assert.equal(
      missing.length,
      0,
      `no row for ${missing.length} of ${requestIds.length} requests: ${missing.join(", ")}`,
    );
    const twice = requestIds.filter((id) => rows.get(id) !== 1);
    assert.equal(twice.length, 0, `more than one row for ${twice.join(", ")}`);
    return;
  }
}

/** Rows by request id. */
async function countRows(mesh: Mesh, state: string): Promise<Map<string, number>> {
  const [database] = mesh.resources.d1;
  assert(database !== undefined, "wrangler.workspace names no D1 database");
  const output = await run(
    "wrangler",
    [
      ...["d1", "execute", database.name, "--local", "--persist-to", state, "--json"],
      ...["--command", "SELECT request_id, COUNT(*) AS rows FROM requests GROUP BY request_id"],
    ],
    { cwd: folderOf(workerNamed(mesh, database.worker)), quiet: true },
  );
  const results = tryParseJson(output);
  const rows: unknown[] =
    Array.isArray(results) && isObject(results[0]) && Array.isArray(results[0]["results"]) ? results[0]["results"] : [];
  return new Map(rows.filter(isObject).map((row) => [String(row["request_id"]), Number(row["rows"])]));
}
