import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StreamingProfile } from "@copilotkit/aimock";
import { HUMAN_PACE } from "../../dev/aimock-reply.ts";
import { startUpstreams } from "../../dev/upstreams.ts";
import { isObject, tryParseJson } from "../../shared/json.ts";
import { migrateLocal } from "../migrate.ts";
import { type Mesh, root } from "../workspace.ts";
import { followConfigs, type LocalWorker, writeConfigs } from "./configs.ts";
import { expectCredentials } from "./live.ts";
import { chooseProviders, chooseToken, countUpstreams, type LocalProvider, settingsOf } from "./providers.ts";
import { startWranglerDev } from "./wrangler-dev.ts";

/** What a mesh says of itself to other processes. */
export interface Announcement {
  url: string;
  /** AUTH_TOKEN of its gateway. */
  token: string;
  /** Started with real providers, as far as there are credentials. */
  live: boolean;
  providers: LocalProvider[];
}

/** All of the mesh on this machine. */
export interface LocalMesh extends Announcement {
  /** Holds its state (`--persist-to`), log and generated configs. */
  directory: string;
  /** Settles when it ended by itself. */
  ended: Promise<unknown>;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Undefined: any free port, and a directory that goes when the mesh stops. */
  port?: number;
  /** Real providers, as far as there are credentials. */
  live?: boolean;
  /** How the stand-ins stream. */
  pace?: StreamingProfile;
  /** Lines that wrangler prints once the mesh runs. */
  onLine?: (line: string) => void;
  /** Ends a start that is under way; it then rejects. */
  signal?: AbortSignal | undefined;
}

/** How the stand-ins stream where nobody reads along: fast, but still one piece after the other. */
export const QUICK_PACE: StreamingProfile = { ttft: 20, tps: 200 };

/** Starts upstreams and Workers; what it started is stopped again when a part of it fails. */
export async function startMesh(mesh: Mesh, options: StartOptions = {}): Promise<LocalMesh> {
  const { port = 0, live = false, pace = HUMAN_PACE, onLine = () => {}, signal } = options;
  const directory = makeDirectory(port);
  await using started = new AsyncDisposableStack();
  if (port === 0) started.defer(() => rmSync(directory, { recursive: true, force: true }));

  const upstreams = await startUpstreams(pace);
  started.defer(() => upstreams.stop());
  const [providers] = await Promise.all([chooseProviders(mesh, live), migrateLocal(mesh, join(directory, "state"))]);
  if (live) expectCredentials(providers, countUpstreams(mesh));

  const token = chooseToken(mesh);
  const workers = localWorkers(
    mesh,
    pace,
    (worker) => settingsOf(mesh, worker, { token, live, providers, upstreams }),
    providers,
  );
  const configs = writeConfigs(directory, workers);
  const wrangler = await startWranglerDev({ configs, port, directory, onLine, signal });
  started.defer(() => wrangler.stop());
  const following = followConfigs(directory, workers);
  started.defer(() => following.close());

  const { url, ended } = wrangler;
  if (port !== 0) started.use(announce(port, { url, token, live, providers }));
  const stack = started.move();
  return { url, token, live, directory, providers, ended, stop: () => stack.disposeAsync() };
}

/** The mesh that another process runs on this port, or null. */
export async function findMesh(port: number): Promise<Announcement | null> {
  const announced = readAnnouncement(port);
  if (announced === null) return null;
  try {
    const response = await fetch(`${announced.url}/health`, { signal: AbortSignal.timeout(2_000) });
    return response.ok ? announced : null;
  } catch {
    // Left behind by a mesh that was killed.
    return null;
  }
}

/** The public Worker first, as `wrangler dev` wants it; a stand-in for each provider that is not live. */
function localWorkers(
  mesh: Mesh,
  pace: StreamingProfile,
  settings: (worker: string) => string,
  providers: readonly LocalProvider[],
): LocalWorker[] {
  const workersAiIsLive = providers.some(({ worker, live }) => worker === "cf-ai" && live);
  const standIns = workersAiIsLive ? [] : mesh.offline;
  const delay = { DELAY_MS: String(Math.round(1000 / (pace.tps ?? 1000))) };
  return [
    ...mesh.workers.toSorted((a, b) => Number(b.public) - Number(a.public)).map((worker) => ({ worker, vars: {} })),
    ...standIns.map((worker) => ({ worker, vars: delay })),
  ].map(({ worker, vars }) => ({
    worker,
    vars,
    environment: workersAiIsLive ? null : "local",
    settings: () => settings(worker.name),
  }));
}

function makeDirectory(port: number): string {
  const meshes = join(root, ".mesh");
  mkdirSync(meshes, { recursive: true });
  if (port === 0) return mkdtempSync(join(meshes, "temporary-"));
  const directory = meshDirectory(port);
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Where a mesh on this port keeps its state from one start to the next. */
export function meshDirectory(port: number): string {
  return join(root, ".mesh", String(port));
}

function announcementPath(port: number): string {
  return join(meshDirectory(port), "running.json");
}

/** Lets `run.sh chat` find the mesh; readable by the owner only, since it holds the token. */
function announce(port: number, running: Announcement): Disposable {
  const path = announcementPath(port);
  rmSync(path, { force: true });
  writeFileSync(path, JSON.stringify(running), { mode: 0o600 });
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

function readAnnouncement(port: number): Announcement | null {
  let text: string;
  try {
    text = readFileSync(announcementPath(port), "utf8");
  } catch {
    return null;
  }
  const found = tryParseJson(text);
  if (!isObject(found) || typeof found["url"] !== "string" || typeof found["token"] !== "string") return null;
  const providers = Array.isArray(found["providers"]) ? found["providers"].flatMap(readProvider) : [];
  return { url: found["url"], token: found["token"], live: found["live"] === true, providers };
}

function readProvider(value: unknown): LocalProvider[] {
  if (!isObject(value)) return [];
  const { worker, provider, live, source, missing } = value;
  if (typeof worker !== "string" || typeof provider !== "string" || typeof source !== "string") return [];
  return [{ worker, provider, live: live === true, source, ...(typeof missing === "string" && { missing }) }];
}
