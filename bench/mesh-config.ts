import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { type Mesh, type MeshWorker, root } from "../tools/workspace.ts";
import { bundlePath } from "./bundles.ts";
import { embed, type Value } from "./capnp.ts";

/** Names of the services that every configuration has beside the Workers. */
export const UPSTREAM = "bench-upstream";
export const STORAGE = "bench-storage";

export type Settings = Record<string, string>;

/** The parts of a wrangler.jsonc that the bench carries over to workerd. */
interface WranglerConfig {
  name: string;
  compatibility_date: string;
  compatibility_flags?: string[];
  vars?: Record<string, unknown>;
  services?: { binding: string; service: string; entrypoint?: string; props?: unknown }[];
  ai?: { binding: string };
  kv_namespaces?: { binding: string }[];
  d1_databases?: { binding: string }[];
  queues?: { producers?: { binding: string }[]; consumers?: unknown[] };
  durable_objects?: { bindings: { name: string; class_name: string }[] };
  migrations?: { new_sqlite_classes?: string[] }[];
}

/** Bindings that the mesh does not have; if a Worker gets one, this file has to say what stands in for it. */
const UNKNOWN_BINDINGS = [
  ...["r2_buckets", "ratelimits", "analytics_engine_datasets", "hyperdrive", "vectorize", "browser", "images"],
  ...["workflows", "send_email", "dispatch_namespaces", "mtls_certificates", "pipelines", "secrets_store_secrets"],
];

/** Each Worker of the mesh as a workerd service, bound as its wrangler.jsonc says. `settings`: vars and secrets by Worker. */
export function meshServices(mesh: Mesh, settings: Record<string, Settings>): Value[] {
  return mesh.workers.map((worker) => workerService(worker, settings[worker.name] ?? {}));
}

/** One Worker of the mesh as a service that has its script's name. */
export function workerService(worker: MeshWorker, settings: Settings): Value {
  const config = readConfig(worker);
  const durableObjects = config.durable_objects?.bindings ?? [];
  return {
    name: config.name,
    worker: {
      modules: [{ name: "index.js", esModule: embed(bundlePath(worker)) }],
      compatibilityDate: config.compatibility_date,
      compatibilityFlags: config.compatibility_flags,
      bindings: bindings(config, settings),
      ...(durableObjects.length > 0 && {
        durableObjectNamespaces: durableObjects.map(({ class_name }) => ({
          className: class_name,
          uniqueKey: `${config.name}-${class_name}`,
          enableSql: isSqlite(config, class_name),
        })),
        durableObjectStorage: { localDisk: STORAGE },
      }),
    },
  };
}

function readConfig(worker: MeshWorker): WranglerConfig {
  const text = readFileSync(join(root, worker.config), "utf8");
  const config: WranglerConfig = parse(text, [], { allowTrailingComma: true });
  const unknown = UNKNOWN_BINDINGS.filter((field) => field in config);
  if (unknown.length > 0) {
    throw new Error(`${worker.config} has ${unknown.join(", ")}: bench/mesh-config.ts does not know it yet.`);
  }
  return config;
}

function bindings(config: WranglerConfig, settings: Settings): Value[] {
  const vars: Record<string, unknown> = { ...config.vars, ...settings };
  return [
    ...Object.entries(vars).map(([name, value]) =>
      typeof value === "string" ? { name, text: value } : { name, json: JSON.stringify(value) },
    ),
    ...(config.services ?? []).map(({ binding, service, entrypoint, props }) => ({
      name: binding,
      service: { name: service, entrypoint, ...(props !== undefined && { props: { json: JSON.stringify(props) } }) },
    })),
    // The very code that is behind `env.AI` at Cloudflare; its requests go to the bench's upstream.
    ...(config.ai === undefined ? [] : [wrapped(config.ai.binding, "cloudflare-internal:ai-api")]),
    ...(config.d1_databases ?? []).map(({ binding }) => wrapped(binding, "cloudflare-internal:d1-api")),
    ...(config.queues?.producers ?? []).map(({ binding }) => ({ name: binding, queue: UPSTREAM })),
    ...(config.kv_namespaces ?? []).map(({ binding }) => ({ name: binding, kvNamespace: UPSTREAM })),
    ...(config.durable_objects?.bindings ?? []).map(({ name, class_name }) => ({
      name,
      durableObjectNamespace: class_name,
    })),
  ];
}

function wrapped(name: string, moduleName: string): Value {
  return { name, wrapped: { moduleName, innerBindings: [{ name: "fetcher", service: UPSTREAM }] } };
}

function isSqlite(config: WranglerConfig, className: string): boolean {
  return (config.migrations ?? []).some(({ new_sqlite_classes }) => new_sqlite_classes?.includes(className));
}
