import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { type ClientRequest, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { AuditMessage, AuditRecord } from "@ai-proxy/shared/contract/audit";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";
import { readMesh, root } from "../tools/workspace.ts";
import { TOKEN, UPSTREAM_KEYS } from "./mesh.ts";
import { ScriptedUpstream } from "./upstream.ts";

const run = promisify(execFile);

/**
 * The mesh in plain workerd, with real sockets to the upstream. wrangler's harness sends outgoing requests through Node and
 * does not carry an abort to them; here a dropped connection is seen.
 */
export interface PlainMesh {
  url: URL;
  upstream: ScriptedUpstream;
  /** Begins a POST whose connection the test can destroy. */
  open(path: string, body: unknown, requestId: string): ClientRequest;
  /** The same of a client of another Worker, which calls `TrustedGateway.chat`. */
  openTrusted(body: unknown, requestId: string): ClientRequest;
  /** The audit record of a request, from the queue. */
  record(requestId: string): Promise<AuditRecord>;
  /** How many records have come, each request id counted once. */
  recordCount(): number;
  /** The most memory that workerd has held so far, in bytes; null where the system does not tell (no /proc). */
  peakMemory(): Promise<number | null>;
  close(): Promise<void>;
}

export async function startPlainMesh(vars: Record<string, Record<string, string>> = {}): Promise<PlainMesh> {
  const folder = await mkdtemp(join(tmpdir(), "mesh-"));
  const upstream = new ScriptedUpstream();
  const origin = await upstream.listen();
  const records = new Map<string, AuditRecord>();
  const own: Record<string, Record<string, string>> = {
    gateway: { AUTH_TOKEN: TOKEN, ...vars["gateway"] },
    "openai-relay": {
      OPENAI_BASE_URL: `${origin}/openai/v1`,
      OPENAI_API_KEY: UPSTREAM_KEYS.openai,
      ...vars["openai-relay"],
    },
    "gemini-relay": {
      GEMINI_BASE_URL: `${origin}/gemini/v1beta`,
      GEMINI_API_KEY: UPSTREAM_KEYS.gemini,
      ...vars["gemini-relay"],
    },
    "cf-ai": { ...vars["cf-ai"] },
  };
  // The audit's consumer needs D1 and seconds of batching: here the test itself reads the queue.
  const workers = readMesh().workers.filter(({ name }) => name !== "audit");
  await Promise.all(workers.map(({ config, name }) => bundle(dirname(config), join(folder, name))));
  await build({
    entryPoints: [join(root, "tests/workers/scripted-ai/index.ts")],
    outfile: join(folder, "ai", "index.js"),
    bundle: true,
    format: "esm",
    external: ["cloudflare:workers"],
  });
  const base = { modules: true, modulesRoot: folder, compatibilityDate: "2026-11-17" };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      // The Workers' log lines are not this test's output.
      handleStructuredLogs: () => {},
      workers: [
        ...workers
          .toSorted((a, b) => Number(b.public) - Number(a.public))
          .map(({ name, script, config }) => {
            const { vars: defaults, services = [] } = unstable_readConfig(
              { config: join(root, config) },
              { hideWarnings: true },
            );
            return {
              ...base,
              name: script,
              scriptPath: join(folder, name, "index.js"),
              bindings: { ...defaults, ...own[name] },
              serviceBindings: Object.fromEntries([
                ...services
                  .filter(({ binding }: { binding: string }) => binding !== "AUDIT")
                  .map(({ binding, service }: { binding: string; service: string }) => [binding, service]),
                ...(name === "cf-ai" ? [["AI", "scripted-ai"]] : []),
              ]),
              ...(name === "gateway" && { queueProducers: { AUDIT_QUEUE: "audit" } }),
            };
          }),
        {
          ...base,
          name: "scripted-ai",
          scriptPath: join(folder, "ai", "index.js"),
          bindings: { UPSTREAM: origin },
        },
        {
          name: "trusted",
          modules: true,
          compatibilityDate: "2026-11-17",
          script: `export default { async fetch(request, env) {
            return env.GATEWAY.chat(await request.json(), { requestId: request.headers.get("x-request-id") });
          } }`,
          serviceBindings: {
            GATEWAY: { name: "ai-proxy-gateway", entrypoint: "TrustedGateway", props: { caller: "trusted" } },
          },
          unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
        },
        {
          name: "reader",
          modules: true,
          compatibilityDate: "2026-11-17",
          script: `export default { async queue(batch, env) {
            await env.SINK.fetch("http://sink/", { method: "POST", body: JSON.stringify(batch.messages.map(({ body }) => body)) });
          } }`,
          queueConsumers: { audit: { maxBatchTimeout: 0 } },
          serviceBindings: {
            SINK: async (message: { json(): Promise<unknown> }) => {
              for (const { records: sent } of (await message.json()) as AuditMessage[]) {
                for (const record of sent) records.set(record.request_id, record);
              }
              return new Response(null) as never;
            },
          },
        },
      ],
    }),
  );
  const url = await miniflare.ready;
  const trustedUrl = await miniflare.unsafeGetDirectURL("trusted");
  const post = (to: URL, body: unknown, requestId: string) => {
    const headers = {
      "content-type": "application/json",
      authorization: `Bearer ${TOKEN}`,
      "x-request-id": requestId,
    };
    const opened = request(to.href, { method: "POST", headers, agent: false });
    opened.on("error", () => {}); // a destroyed request says so
    opened.end(JSON.stringify(body));
    return opened;
  };
  return {
    url,
    upstream,
    open: (path, body, requestId) => post(new URL(path, url), body, requestId),
    openTrusted: (body, requestId) => post(trustedUrl, body, requestId),
    record: async (requestId) => {
      for (const end = Date.now() + 15_000; Date.now() < end; ) {
        const found = records.get(requestId);
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`no audit record for ${requestId}`);
    },
    recordCount: () => records.size,
    peakMemory,
    close: async () => {
      await miniflare.dispose();
      await upstream.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Of the largest workerd that this process has started. */
async function peakMemory(): Promise<number | null> {
  const statuses = await Promise.all(
    (await readdir("/proc").catch(() => []))
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readFile(`/proc/${pid}/status`, "utf8").catch(() => "")),
  );
  const own = statuses.filter((status) => status.startsWith("Name:\tworkerd\n") && parentOf(status) === process.pid);
  const peaks = own.map((status) => Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024);
  return peaks.length === 0 ? null : Math.max(...peaks);
}

function parentOf(status: string): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
}

/** What a deploy would upload. */
async function bundle(worker: string, out: string): Promise<void> {
  await run(join(root, "node_modules/.bin/wrangler"), ["deploy", "--dry-run", "--outdir", out], {
    cwd: join(root, worker),
    env: {
      ...process.env,
      PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"]}`,
      WRANGLER_SEND_METRICS: "false",
    },
  });
}
