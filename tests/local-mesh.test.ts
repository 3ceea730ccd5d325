import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { run } from "../tools/run.ts";
import { listen } from "../tools/test/listen.ts";
import { root } from "../tools/workspace.ts";

// The mesh as `./run.sh` starts it, in a terminal of its own.

const TOKEN = "local-mesh-test";
let port: number;
let shell: ChildProcess;
let ended: Promise<unknown>;
let output = "";

beforeAll(async () => {
  const server = createServer();
  port = await listen(server);
  server.close();
  const env = { ...process.env, PORT: String(port), AUTH_TOKEN: TOKEN };
  shell = spawn(join(root, "run.sh"), { env, stdio: ["ignore", "pipe", "pipe"] });
  ended = new Promise((resolve) => shell.once("close", resolve));
  for (const stream of [shell.stdout, shell.stderr]) stream?.on("data", (text) => (output += text));
  await expectOutput("Ctrl-C stops the mesh.");
});
afterAll(async () => {
  shell.kill("SIGTERM");
  await ended;
  rmSync(join(root, ".mesh", String(port)), { recursive: true, force: true });
});

const expectOutput = (text: string) => vi.waitFor(() => expect(output).toContain(text), { timeout: 50_000 });

const call = (path: string, token: string, body?: object) =>
  fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { "X-AUTH-TOKEN": token, "Content-Type": "application/json" },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });

test("its terminal shows what was refused at the door", async () => {
  expect((await call("/v1/models", "wrong")).status).toBe(401);
  await expectOutput("401 GET /v1/models  refused: no token, or a wrong one\n");
  expect((await call("/chat/completions", TOKEN, {})).status).toBe(404);
  await expectOutput("404 POST /chat/completions  no such path: a base URL here ends in /v1\n");
});

test("Ctrl-C right after a chat loses no audit record", async () => {
  const answer = await call("/v1/chat/completions", TOKEN, { messages: [{ role: "user", content: "hi" }] });
  expect(answer.status).toBe(200);
  shell.kill("SIGINT");
  await ended;
  expect(output).toContain("Writing the last audit records");
  const id = answer.headers.get("x-request-id");
  const sql = `SELECT status, provider FROM requests WHERE request_id = '${id}'`;
  const database = ["--config", "workers/audit/wrangler.jsonc", "--local", "--persist-to", `.mesh/${port}/state`];
  const rows = await run("wrangler", ["d1", "execute", "ai-proxy-audit", ...database, "--json", "--command", sql], {
    quiet: true,
  });
  expect(JSON.parse(rows)[0].results).toEqual([{ status: 200, provider: "cloudflare" }]);
});
