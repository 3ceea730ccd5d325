import type { AuditRecord } from "@ai-proxy/shared/contract/audit";
import OpenAI from "openai";
import { createTestHarness } from "wrangler";
import { readMesh, root } from "../tools/workspace.ts";
import { ScriptedUpstream } from "./upstream.ts";

export const TOKEN = "test-token";
export const UPSTREAM_KEYS = { openai: "upstream-openai-key", gemini: "upstream-gemini-key" };

/** Settings of one Worker for a test, by folder name. */
export type WorkerSettings = Record<
  string,
  {
    vars?: Record<string, string>;
    secrets?: Record<string, string>;
    /** Service bindings that lead elsewhere: binding → name of a Worker in tests/workers. */
    bindings?: Record<string, string>;
  }
>;

/** The six real Workers in workerd, with scripted providers behind them. */
export interface Mesh {
  url: URL;
  upstream: ScriptedUpstream;
  /** An OpenAI SDK at the mesh; it does not retry, so that a test sees each answer. */
  client: OpenAI;
  /** A POST with the token. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Calls the Worker of tests/workers/trusted-caller. */
  asTrustedWorker(path: string, body: unknown): Promise<Response>;
  /** The audit rows with this request id, once there are `count` of them. */
  rows(requestId: string, count?: number): Promise<AuditRecord[]>;
  /** A method of a Worker behind the gateway's binding, called over RPC as the oldest gateway would. */
  asOldestGateway(binding: string, method: string, argument: unknown): Promise<unknown>;
  /** Puts a message on the audit queue, as a gateway does. */
  deliver(message: unknown): Promise<void>;
  /** Runs the audit Worker's daily clean-up, as if it were this time (milliseconds since the epoch). */
  cleanUp(now: number): Promise<void>;
  /** SQL on the audit database. */
  sql<Row>(query: string): Promise<Row[]>;
  /** What the Workers wrote to the console. */
  logs(): string;
  close(): Promise<void>;
}

export async function startMesh(settings: WorkerSettings = {}): Promise<Mesh> {
  const upstream = new ScriptedUpstream();
  const origin = await upstream.listen();
  const mesh = readMesh();
  const defaults: WorkerSettings = {
    gateway: { secrets: { AUTH_TOKEN: TOKEN } },
    "openai-relay": {
      vars: { OPENAI_BASE_URL: `${origin}/openai/v1` },
      secrets: { OPENAI_API_KEY: UPSTREAM_KEYS.openai },
    },
    "gemini-relay": {
      vars: { GEMINI_BASE_URL: `${origin}/gemini/v1beta` },
      secrets: { GEMINI_API_KEY: UPSTREAM_KEYS.gemini },
    },
  };
  const publicFirst = mesh.workers.toSorted((a, b) => Number(b.public) - Number(a.public));
  const harness = createTestHarness({
    root,
    workers: [
      ...publicFirst.map(({ name, config }) => ({
        configPath: config,
        vars: { ...defaults[name]?.vars, ...settings[name]?.vars },
        secrets: { ...defaults[name]?.secrets, ...settings[name]?.secrets },
        bindingOverrides: { ...(name === "cf-ai" && { AI: "scripted-ai" }), ...settings[name]?.bindings },
      })),
      {
        config: {
          name: "scripted-ai",
          main: "tests/workers/scripted-ai/index.ts",
          compatibility_date: "2026-11-17",
          vars: { UPSTREAM: origin },
        },
      },
      ...["oldest-relay", "hanging-peer", "babbling-peer"].map((name) => ({
        config: { name, main: `tests/workers/${name}/index.ts`, compatibility_date: "2026-11-17" },
      })),
      {
        config: {
          name: "oldest-gateway",
          main: "tests/workers/oldest-gateway/index.ts",
          compatibility_date: "2026-11-17",
          services: [
            { binding: "CF_AI", service: "ai-proxy-cf-ai" },
            { binding: "OPENAI_RELAY", service: "ai-proxy-openai-relay" },
            { binding: "GEMINI_RELAY", service: "ai-proxy-gemini-relay" },
            { binding: "TOKENIZER", service: "ai-proxy-tokenizer" },
          ],
        },
      },
      {
        config: {
          name: "trusted-caller",
          main: "tests/workers/trusted-caller/index.ts",
          compatibility_date: "2026-11-17",
          services: [
            {
              binding: "AI_PROXY",
              service: "ai-proxy-gateway",
              entrypoint: "TrustedGateway",
              props: { caller: "billing" },
            },
          ],
        },
      },
    ],
  });
  const { url } = await harness.listen();
  for (const { worker, binding } of mesh.resources.d1) {
    const script = mesh.workers.find(({ name }) => name === worker)?.script;
    await harness.getWorker(script).applyD1Migrations(binding);
  }
  const { DB } = await harness.getWorker<{ DB: D1Database }>("ai-proxy-audit").getEnv();
  const { AUDIT_QUEUE } = await harness.getWorker<{ AUDIT_QUEUE: Queue }>("ai-proxy-gateway").getEnv();
  const sql = async <Row>(query: string) => (await DB.prepare(query).all<Row>()).results;
  return {
    url,
    upstream,
    client: new OpenAI({ baseURL: new URL("/v1", url).href, apiKey: TOKEN, maxRetries: 0 }),
    post: (path, body, headers = {}) =>
      fetch(new URL(path, url), {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}`, ...headers },
        body:
          typeof body === "string" ? body : body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body),
      }),
    asTrustedWorker: (path, body) =>
      harness
        .getWorker("trusted-caller")
        .fetch(`https://caller${path}`, { method: "POST", body: JSON.stringify(body) }) as unknown as Promise<Response>,
    rows: (requestId, count = 1) => rowsOf(sql, requestId, count),
    sql,
    deliver: async (message) => {
      await AUDIT_QUEUE.send(message);
    },
    cleanUp: async (now) => {
      const { outcome } = await harness
        .getWorker("ai-proxy-audit")
        .scheduled({ scheduledTime: new Date(now), cron: "" });
      if (outcome !== "ok") throw new Error(`the clean-up ended with ${outcome}`);
    },
    asOldestGateway: async (binding, method, argument) => {
      const init = { method: "POST", body: JSON.stringify(argument) };
      return (await harness.getWorker("oldest-gateway").fetch(`https://mesh/${binding}/${method}`, init)).json();
    },
    logs: () =>
      harness
        .getLogs()
        .map(({ message }) => message)
        .join("\n"),
    close: async () => {
      await harness.close();
      await upstream.close();
    },
  };
}

/** The queue hands a batch over after some seconds; wait for the rows, not for a time. */
async function rowsOf(sql: Mesh["sql"], requestId: string, count: number): Promise<AuditRecord[]> {
  const query = `SELECT * FROM requests WHERE request_id = '${requestId.replaceAll("'", "''")}'`;
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    const rows = await sql<AuditRecord>(query);
    if (rows.length >= count) return rows;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no ${count} audit rows for ${requestId}`);
}
