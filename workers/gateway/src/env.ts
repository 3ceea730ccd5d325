import type { AuditMessage, AuditReader } from "@ai-proxy/shared/contract/audit";
import type { Relay } from "@ai-proxy/shared/contract/relay";
import type { Tokenizer } from "@ai-proxy/shared/contract/tokenizer";

/** The gateway's bindings with what the Workers behind them can do. */
export interface GatewayEnv
  extends Omit<Env, "CF_AI" | "OPENAI_RELAY" | "GEMINI_RELAY" | "TOKENIZER" | "AUDIT" | "AUDIT_QUEUE"> {
  CF_AI: Relay;
  OPENAI_RELAY: Relay;
  GEMINI_RELAY: Relay;
  TOKENIZER: Tokenizer;
  AUDIT: AuditReader;
  AUDIT_QUEUE: Queue<AuditMessage>;
}

/** The contract's types for the bindings: `wrangler types` knows them only as Fetcher, since no Worker imports another. */
export function typedEnv(env: Env): GatewayEnv {
  return env as unknown as GatewayEnv;
}

/** The owner's settings, read once per isolate. */
export interface Settings {
  defaultProvider: string;
  /** Browser origins that may call; "*" for any. */
  allowedOrigins: ReadonlySet<string>;
  /** Bytes. */
  maxBodyBytes: number;
}

/** RPC takes 32 MiB a call; what is beside the body needs room too. */
const LARGEST_BODY_LIMIT = 30 * 1024 * 1024;
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
  env: Partial<Pick<Env, "DEFAULT_PROVIDER" | "ALLOWED_ORIGINS" | "MAX_BODY_BYTES">>,
): Settings {
  const limit = Number(env.MAX_BODY_BYTES);
  return {
    defaultProvider: env.DEFAULT_PROVIDER || "cloudflare",
    allowedOrigins: new Set(listOf(env.ALLOWED_ORIGINS)),
    maxBodyBytes: Number.isFinite(limit) && limit > 0 ? Math.min(limit, LARGEST_BODY_LIMIT) : DEFAULT_BODY_LIMIT,
  };
}

function listOf(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
