import { type ApiError, toApiError } from "@ai-proxy/shared/errors";
import { defaultProvider } from "@ai-proxy/shared/registry";
import type { GatewayEnv } from "./env.ts";
import { misconfigured } from "./misconfigured.ts";
import { type Policy, readPolicy } from "./routing-policy.ts";

/** The owner's settings, read once per isolate. */
export interface Settings {
  defaultProvider: string;
  /** Browser origins that may ask; "*" for any. */
  allowedOrigins: ReadonlySet<string>;
  /** Bytes. */
  maxBodyBytes: number;
  /** Paths below /v1 that pass to the provider's API as they are: "/responses". */
  passthroughPaths: readonly string[];
  policy: Policy;
  /** What is wrong with the settings; no request is served as long as something is. */
  fault: ApiError | null;
}

/** RPC carries 32 MiB; and the isolate's 128 MB hold a body up to three times, as text, as UTF-8 and parsed. */
const LARGEST_BODY_LIMIT = 27 * 1024 * 1024;
const DEFAULT_BODY_LIMIT = 25 * 1024 * 1024;

const settingsOf = new WeakMap<object, Settings>();

export function settings(env: GatewayEnv): Settings {
  let found = settingsOf.get(env);
  if (found === undefined) {
    found = readSettings(env);
    settingsOf.set(env, found);
  }
  return found;
}

/** A missing setting has its default: the Worker may run with an older config than its code. */
export function readSettings(
  env: Partial<Pick<Env, "DEFAULT_PROVIDER" | "ALLOWED_ORIGINS" | "MAX_BODY_BYTES" | "PASSTHROUGH_PATHS" | "ROUTING">>,
): Settings {
  const { policy, fault } = readRouting(env.ROUTING);
  const limit = Number(env.MAX_BODY_BYTES || DEFAULT_BODY_LIMIT);
  const isLimit = Number.isInteger(limit) && limit > 0;
  return {
    policy,
    fault: fault ?? (isLimit ? null : misconfigured("MAX_BODY_BYTES must be a whole number of bytes.")),
    defaultProvider: env.DEFAULT_PROVIDER?.trim() || defaultProvider.name,
    passthroughPaths: listOf(env.PASSTHROUGH_PATHS).map(normalPath),
    allowedOrigins: new Set(listOf(env.ALLOWED_ORIGINS).map(normalOrigin)),
    maxBodyBytes: isLimit ? Math.min(limit, LARGEST_BODY_LIMIT) : DEFAULT_BODY_LIMIT,
  };
}

function readRouting(setting: unknown): Pick<Settings, "policy" | "fault"> {
  try {
    return { policy: readPolicy(setting), fault: null };
  } catch (thrown) {
    return { policy: readPolicy(undefined), fault: toApiError(thrown) };
  }
}

/** "responses", "/v1/responses/" → "/responses" */
function normalPath(path: string): string {
  return `/${path.replace(/^\/*(?:v1\/)?/, "").replace(/\/*$/, "")}`;
}

/** "https://App.example/" → "https://app.example", as browsers write it. */
function normalOrigin(origin: string): string {
  return origin.replace(/\/+$/, "").toLowerCase();
}

/** @param setting comma-separated, or the list that a JSON var may be */
function listOf(setting: unknown): string[] {
  return String(setting ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
