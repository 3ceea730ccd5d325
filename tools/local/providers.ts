import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { OfflineUpstreams } from "../../dev/upstreams.ts";
import { isObject, tryParseJson } from "../../shared/json.ts";
import { CommandError, run } from "../run.ts";
import { folderOf, type Mesh, readJsonc, root, workerNamed } from "../workspace.ts";
import { withSettings } from "./dotenv.ts";
import { keptToken } from "./kept-token.ts";
import { answeredOffline } from "./owners-upstreams.ts";

/** Where one provider's answers come from in a local mesh. */
export interface LocalProvider {
  /** The relay's folder name. */
  worker: string;
  provider: string;
  live: boolean;
  /** For people: what answers. */
  source: string;
  /** For people: what the real provider would need, where --live asked for it in vain. */
  missing?: string;
}

/** The setting that holds a relay's key, and the one that says where its provider is. */
const KEYED_RELAYS = [
  { worker: "openai-relay", provider: "openai", key: "OPENAI_API_KEY", baseUrl: "OPENAI_BASE_URL" },
  { worker: "gemini-relay", provider: "gemini", key: "GEMINI_API_KEY", baseUrl: "GEMINI_BASE_URL" },
] as const;

const STAND_IN = "offline stand-in";

/** What answers for each provider. Offline that is always the stand-in; live, each provider that has credentials. */
export async function chooseProviders(mesh: Mesh, live: boolean): Promise<LocalProvider[]> {
  const keyed = KEYED_RELAYS.map(({ worker, provider, key, baseUrl }): LocalProvider => {
    if (!live) return { worker, provider, live, source: STAND_IN };
    const settings = parseEnv(devVars(mesh, worker));
    if (!settings[key]) return withoutKey({ worker, provider }, `no ${key} in workers/${worker}/.dev.vars`);
    return { worker, provider, live: true, source: settings[baseUrl] || "the real API, with the key of .dev.vars" };
  });
  return [await chooseWorkersAi(live), ...keyed];
}

async function chooseWorkersAi(live: boolean): Promise<LocalProvider> {
  const workersAi = { worker: "cf-ai", provider: "cloudflare" };
  if (!live) return { ...workersAi, live, source: STAND_IN };
  if (await isLoggedIn()) return { ...workersAi, live: true, source: "Workers AI of the logged-in account" };
  return withoutKey(workersAi, "not logged in to Cloudflare (npx wrangler login)");
}

function withoutKey(provider: Pick<LocalProvider, "worker" | "provider">, missing: string): LocalProvider {
  return { ...provider, live: false, source: `${STAND_IN}: ${missing}`, missing };
}

async function isLoggedIn(): Promise<boolean> {
  try {
    await run("wrangler", ["whoami", "--json"], { quiet: true });
    return true;
  } catch (thrown) {
    // `whoami --json` ends with 1 when nobody is logged in.
    if (thrown instanceof CommandError) return false;
    throw thrown;
  }
}

/**
 * The .dev.vars that a Worker of a local mesh runs with, as text: wrangler lets
 * them override `vars`, and keeps their values out of what it prints.
 */
export function settingsOf(
  mesh: Mesh,
  worker: string,
  local: { token: string; live: boolean; providers: LocalProvider[]; upstreams: OfflineUpstreams },
): string {
  if (worker === "gateway") return withSettings(devVars(mesh, worker), { AUTH_TOKEN: local.token });
  const provider = local.providers.find((each) => each.worker === worker);
  if (provider === undefined || provider.live) return devVars(mesh, worker);
  // A relay that only stand-ins answer needs no real key. In a live mesh it may have further upstreams that do.
  const own = local.live ? devVars(mesh, worker) : "";
  const { openaiBaseUrl, compatibleBaseUrl, geminiBaseUrl } = local.upstreams;
  if (worker === "openai-relay") {
    const standIn = { OPENAI_BASE_URL: openaiBaseUrl, OPENAI_API_KEY: "offline" };
    if (local.live) return withSettings(own, standIn);
    return withSettings(own, { ...standIn, UPSTREAMS: answeredOffline(upstreamsOf(mesh, worker), compatibleBaseUrl) });
  }
  if (worker === "gemini-relay")
    return withSettings(own, { GEMINI_BASE_URL: geminiBaseUrl, GEMINI_API_KEY: "offline" });
  return "";
}

/** The owner's UPSTREAMS, which .dev.vars may set in place of the config's vars. */
function upstreamsOf(mesh: Mesh, worker: string): unknown {
  const { vars } = readJsonc(workerNamed(mesh, worker).config);
  return parseEnv(devVars(mesh, worker))["UPSTREAMS"] ?? (isObject(vars) ? vars["UPSTREAMS"] : undefined);
}

/** How many upstreams of their own the owner has named, each with its own key. */
export function countUpstreams(mesh: Mesh): number {
  const upstreams = upstreamsOf(mesh, "openai-relay");
  const parsed = typeof upstreams === "string" ? tryParseJson(upstreams) : upstreams;
  return isObject(parsed) ? Object.keys(parsed).length : 0;
}

/** The owner's token of a local mesh: from the environment, else from .dev.vars, else the one that `.mesh` keeps. */
export function chooseToken(mesh: Mesh): string {
  const given = process.env["AUTH_TOKEN"] || parseEnv(devVars(mesh, "gateway"))["AUTH_TOKEN"];
  return given || keptToken(join(root, ".mesh"));
}

/** "" for a Worker without one, and for the stand-ins. */
function devVars(mesh: Mesh, name: string): string {
  const worker = mesh.workers.find((each) => each.name === name);
  const path = worker === undefined ? "" : join(folderOf(worker), ".dev.vars");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
