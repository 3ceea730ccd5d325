import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { curl, curlLine } from "../curl.ts";
import type { Mesh } from "../workspace.ts";
import { expectRows } from "./audit-check.ts";
import { requestOf } from "./check.ts";
import { errorChecks, gatewayChecks } from "./gateway-checks.ts";
import { modelChecks } from "./model-checks.ts";

interface Target {
  url: string;
  token: string;
  /** A mesh of our own: its D1 can be read, and how its stand-ins stream is known. */
  local?: { mesh: Mesh; state: string };
}

/** How many requests are under way at once; the results are printed in their order all the same. */
const AT_ONCE = 4;

/** Runs all checks, a line each, and the count at the end. True when all passed. */
export async function runChecks({ url, token, local }: Target): Promise<boolean> {
  const checks = [...gatewayChecks, ...modelChecks({ inPieces: local !== undefined }), ...errorChecks];
  const run = `check-${Date.now().toString(36)}`;
  using files = temporaryFiles();
  const recorded: string[] = [];
  const outcomes = startAll(checks, async (check, at) => {
    const requestId = `${run}-${at}`;
    const request = requestOf(check, url, token, files.ofSize);
    const answer = await curl({ ...request, headers: { ...request.headers, "X-Request-Id": requestId } });
    // The gateway records what it lets in.
    if (check.path.startsWith("/v1") && answer.status !== 401) recorded.push(requestId);
    try {
      check.expect(answer);
    } catch (thrown) {
      throw new Error(`${messageOf(thrown)}\n      ${curlLine(request)}`);
    }
  });
  const results: boolean[] = [];
  for (const [at, { name }] of checks.entries()) results.push(await report(name, outcomes[at]));
  if (local !== undefined) {
    const rows = expectRows(local.mesh, local.state, recorded);
    results.push(await report(`one row in D1 for each of ${recorded.length} requests`, rows));
  }
  const passed = results.filter(Boolean).length;
  console.log(`${passed} passed, ${results.length - passed} failed`);
  return passed === results.length;
}

/** A promise for each item, of which at most AT_ONCE are under way. */
function startAll<Item>(items: readonly Item[], task: (item: Item, at: number) => Promise<void>): Promise<void>[] {
  const lanes: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve());
  return items.map((item, at) => {
    const lane = at % AT_ONCE;
    const outcome = Promise.resolve(lanes[lane]).then(() => task(item, at));
    lanes[lane] = outcome.catch(() => {});
    // Reported later, in its turn.
    outcome.catch(() => {});
    return outcome;
  });
}

async function report(name: string, outcome: Promise<void> | undefined): Promise<boolean> {
  try {
    await outcome;
    console.log(`ok    ${name}`);
    return true;
  } catch (thrown) {
    console.log(`FAIL  ${name}\n      ${messageOf(thrown)}`);
    return false;
  }
}

/** Large bodies, which curl takes from a file. */
function temporaryFiles(): Disposable & { ofSize(bytes: number): string } {
  const folder = mkdtempSync(join(tmpdir(), "ai-proxy-check-"));
  return {
    ofSize(bytes) {
      const path = join(folder, `${bytes}`);
      writeFileSync(path, Buffer.alloc(bytes, "a"));
      return path;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
