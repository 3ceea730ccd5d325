import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Mesh } from "../tools/workspace.ts";
import { workDir } from "./bundles.ts";
import { embed, type Value } from "./capnp.ts";
import { meshServices, type Settings, STORAGE, UPSTREAM, workerService } from "./mesh-config.ts";

/** The owner's token in the bench. */
export const TOKEN = "bench-token-0123456789abcdef0123456789abcdef";

const PROVIDER_KEY = "bench-provider-key";

/** Vars and secrets by Worker: as in production, but that the providers are on loopback. */
function meshSettings(upstreamPort: number): Record<string, Settings> {
  const upstream = `http://127.0.0.1:${upstreamPort}`;
  return {
    gateway: { AUTH_TOKEN: TOKEN },
    "openai-relay": { OPENAI_API_KEY: PROVIDER_KEY, OPENAI_BASE_URL: `${upstream}/v1` },
    "gemini-relay": { GEMINI_API_KEY: PROVIDER_KEY, GEMINI_BASE_URL: `${upstream}/v1beta` },
  };
}

/**
 * Sockets: `main` is the gateway, `caller` a Worker that is bound to its TrustedGateway.
 * @param heapMb bound of each isolate's heap; without one V8 lets it grow as long as the machine has memory
 */
export function meshServer(mesh: Mesh, upstreamPort: number, { heapMb }: { heapMb?: number } = {}): Value {
  const gateway = mesh.workers.find((worker) => worker.public);
  if (gateway === undefined) throw new Error("wrangler.workspace names no public Worker.");
  const target = {
    name: gateway.script,
    entrypoint: "TrustedGateway",
    props: { json: JSON.stringify({ caller: "bench" }) },
  };
  return server(
    upstreamPort,
    [...meshServices(mesh, meshSettings(upstreamPort)), standIn("caller", [{ name: "TARGET", service: target }])],
    { main: gateway.script, caller: "caller" },
    heapMb === undefined ? [] : [`--max-heap-size=${heapMb}`],
  );
}

/** Sockets: `main` is the bare Worker, `caller` the same caller as beside the mesh. */
export function bareServer(upstreamPort: number): Value {
  const url = { name: "UPSTREAM_URL", text: `http://127.0.0.1:${upstreamPort}` };
  const target = { name: "bare", entrypoint: "Trusted" };
  return server(upstreamPort, [standIn("bare", [url]), standIn("caller", [{ name: "TARGET", service: target }])], {
    main: "bare",
    caller: "caller",
  });
}

/**
 * One Worker of the mesh and the Worker that makes the first call to it; all that it is bound to is empty.
 * @param name of the Worker, or null for an empty one in its place
 */
export function startUpServer(mesh: Mesh, name: string | null, upstreamPort: number): Value {
  const worker = mesh.workers.find((candidate) => candidate.name === name);
  const target = worker?.script ?? "target";
  const neighbours = mesh.workers
    .filter((other) => other !== worker)
    .map((other) => standIn("empty", [], other.script));
  return server(
    upstreamPort,
    [
      standIn("first-call", [{ name: "TARGET", service: target }]),
      worker === undefined
        ? standIn("empty", [], target)
        : workerService(worker, meshSettings(upstreamPort)[worker.name] ?? {}),
      ...neighbours,
    ],
    { main: "first-call" },
  );
}

/** A Worker of bench/workers. */
function standIn(file: string, bindings: Value[], name = file): Value {
  return {
    name,
    worker: {
      modules: [{ name: "index.js", esModule: embed(join(import.meta.dirname, "workers", `${file}.js`)) }],
      compatibilityDate: "2026-11-17",
      bindings,
    },
  };
}

function server(
  upstreamPort: number,
  workers: Value[],
  sockets: Record<string, string>,
  v8Flags: string[] = [],
): Value {
  const storage = join(workDir, "storage");
  mkdirSync(storage, { recursive: true });
  return {
    v8Flags,
    services: [
      ...workers,
      // "local" for the upstream on loopback, which at Cloudflare is the internet.
      { name: "internet", network: { allow: ["public", "private", "local"] } },
      { name: UPSTREAM, external: { address: `127.0.0.1:${upstreamPort}`, http: {} } },
      { name: STORAGE, disk: { path: storage, writable: true } },
    ],
    sockets: Object.entries(sockets).map(([name, service]) => ({ name, address: "127.0.0.1:0", http: {}, service })),
  };
}
