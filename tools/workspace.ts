import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse } from "jsonc-parser";

export const root = dirname(import.meta.dirname);

/** wrangler.workspace: the only list of the mesh's Workers, in deploy order. */
interface Workspace {
  workers: { config: string; public?: boolean }[];
  resources: { d1: { name: string; worker: string; binding: string }[]; queues: string[]; kv: string[] };
}

export interface MeshWorker {
  /** Folder name under workers/: "gateway". */
  name: string;
  /** Script name at Cloudflare: "ai-proxy-gateway". */
  script: string;
  /** Config path relative to the root. */
  config: string;
  public: boolean;
}

export interface Mesh {
  /** In deploy order: a Worker comes after those it binds to. */
  workers: MeshWorker[];
  resources: Workspace["resources"];
}

function readJsonc<T>(path: string): T {
  return parse(readFileSync(join(root, path), "utf8"), [], { allowTrailingComma: true });
}

export function readMesh(): Mesh {
  const { workers, resources } = readJsonc<Workspace>("wrangler.workspace");
  return {
    resources,
    workers: workers.map(({ config, public: isPublic = false }) => ({
      name: basename(dirname(config)),
      script: readJsonc<{ name: string }>(config).name,
      config,
      public: isPublic,
    })),
  };
}
