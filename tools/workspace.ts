import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse } from "jsonc-parser";
import type { JsonObject } from "../shared/json.ts";

export const root = dirname(import.meta.dirname);

/** wrangler.workspace: the only list of the mesh's Workers, in deploy order. */
interface Workspace {
  workers: { config: string; public?: boolean; largest_bundle?: number }[];
  offline: { config: string }[];
  resources: { d1: { name: string; worker: string; binding: string }[] };
}

export interface MeshWorker {
  /** Folder name: "gateway". */
  name: string;
  /** Script name at Cloudflare: "ai-proxy-gateway". */
  script: string;
  /** Config path relative to the root. */
  config: string;
  public: boolean;
  /** Ceiling of its bundle: bytes, minified and gzipped. */
  largestBundle: number | undefined;
}

export interface Mesh {
  /** In deploy order: a Worker comes after those it binds to. */
  workers: MeshWorker[];
  /** Workers of dev/ that stand in for a provider. */
  offline: MeshWorker[];
  resources: Workspace["resources"];
}

/** @param path relative to the root */
export function readJsonc<T = JsonObject>(path: string): T {
  return parse(readFileSync(join(root, path), "utf8"), [], { allowTrailingComma: true });
}

export function readMesh(): Mesh {
  const { workers, offline, resources } = readJsonc<Workspace>("wrangler.workspace");
  return { resources, workers: workers.map(toWorker), offline: offline.map(toWorker) };
}

export function workerNamed(mesh: Mesh, name: string): MeshWorker {
  const worker = mesh.workers.find((each) => each.name === name);
  if (worker === undefined) throw new Error(`wrangler.workspace has no Worker "${name}".`);
  return worker;
}

/** The folder of a Worker, absolute. */
export function folderOf(worker: MeshWorker): string {
  return join(root, dirname(worker.config));
}

function toWorker({
  config,
  public: isPublic = false,
  largest_bundle: largestBundle,
}: Workspace["workers"][number]): MeshWorker {
  return {
    name: basename(dirname(config)),
    script: readJsonc<{ name: string }>(config).name,
    config,
    public: isPublic,
    largestBundle,
  };
}
