import type { ListedModel, RelayStatus, UpstreamStatus } from "@ai-proxy/shared/contract/relay";
import { ApiError } from "@ai-proxy/shared/errors";
import { log } from "@ai-proxy/shared/log";
import { providers } from "@ai-proxy/shared/registry";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { Call } from "../request/context.ts";
import type { Routed } from "../request/schemas.ts";
import { choose, type RouteKind } from "../routing/choose.ts";
import { misconfigured } from "../settings/misconfigured.ts";
import type { Policy } from "../settings/routing-policy.ts";
import type { GatewayEnv, Settings } from "../settings/settings.ts";

/** How long a relay's list of upstreams is believed, milliseconds. */
const FRESH_MS = 60_000;

interface Configured {
  entries: ProviderEntry[];
  /** Why the relay cannot read its list. */
  problem: string | undefined;
}

let configured: (Configured & { until: number }) | null = null;

/**
 * The providers that a request may mean. The relays are asked for theirs only
 * when the request, or what the owner has set, names one that is not built in.
 * Whether a name that the request needs is right is not known when they cannot
 * be asked, a 502, or cannot read the owner's list, a 503.
 */
export async function knownProviders(
  env: GatewayEnv,
  body: Routed,
  kind: RouteKind,
  settings: Settings,
): Promise<readonly ProviderEntry[]> {
  const isNeeded = ![...namesOf(body), ...ownNames(body, kind, settings)].every(isBuiltIn);
  if (!isNeeded && settings.policy.upstreamKeys.length === 0) return providers;
  const found = await checkedProviders(env, settings);
  if (!isNeeded) return providers;
  if (found === null) {
    throw new ApiError({
      status: 502,
      message: "The relay that knows the configured upstreams could not be reached.",
      code: "relay_unavailable",
    });
  }
  if (found.problem !== undefined) throw misconfigured(found.problem);
  return [...providers, ...found.entries];
}

/** A name in ROUTING that is nobody's has no effect: the owner means another. */
function checkKeys({ upstreamKeys }: Policy, entries: readonly ProviderEntry[]): void {
  const unknown = upstreamKeys.find(({ name }) => !entries.some((entry) => entry.name === name));
  if (unknown === undefined) return;
  // The list is not kept: while a deploy spreads, a relay of a moment ago may have answered.
  configured = null;
  const there = [...providers, ...entries].map(({ name }) => name).join(", ");
  throw misconfigured(`ROUTING: ${unknown.path}: there is no provider of this name. There are: ${there}.`);
}

/** Every provider: those built in, then the upstreams that the owner has configured, as far as that can be found out. */
export async function allProviders({ env, settings }: Call): Promise<readonly ProviderEntry[]> {
  return [...providers, ...((await checkedProviders(env, settings))?.entries ?? [])];
}

async function checkedProviders(env: GatewayEnv, { policy }: Settings): Promise<Configured | null> {
  const found = await configuredProviders(env);
  if (found !== null && found.problem === undefined) checkKeys(policy, found.entries);
  return found;
}

/** The owner's upstreams; null when the relay does not answer, and the next request asks again. */
async function configuredProviders(env: GatewayEnv): Promise<Configured | null> {
  const now = Date.now();
  if (configured === null || configured.until < now) {
    const status = await askStatus(env);
    if (status === null) return null;
    const { upstreams, problem } = status;
    for (const { name } of upstreams.filter((upstream) => isBuiltIn(upstream.name))) {
      log("not_configured", { problem: `UPSTREAMS.${name} is never asked: a provider of this name is built in.` });
    }
    const entries = upstreams.filter(({ name }) => !isBuiltIn(name)).map(toEntry);
    configured = { until: now + FRESH_MS, entries, problem };
  }
  return configured;
}

async function askStatus(env: GatewayEnv): Promise<Pick<RelayStatus, "upstreams" | "problem"> | null> {
  try {
    return await env.OPENAI_RELAY.status();
  } catch (thrown) {
    // A relay from before there were upstreams has none; workerd's words for a method that is not there.
    const isOld = thrown instanceof TypeError && thrown.message.includes("does not implement");
    return isOld ? { upstreams: [] } : null;
  }
}

/** What each OpenAI-compatible provider itself lists, by provider name; empty where it cannot say. The relay remembers it. */
export async function liveLists(call: Call): Promise<ReadonlyMap<string, ListedModel[]>> {
  const asked = (await allProviders(call)).filter(({ binding }) => binding === "OPENAI_RELAY");
  const ids = { requestId: call.requestId, sessionId: call.session.id };
  const lists = asked.map(async ({ name, upstream }) => {
    const request = { ...ids, ...(upstream !== undefined && { upstream }) };
    return [name, await call.env.OPENAI_RELAY.models(request).catch(() => [])] as const;
  });
  return new Map(await Promise.all(lists));
}

/** What may be the name of a provider: `provider`, and the part of a model id before its first slash. */
function namesOf(body: Routed): string[] {
  const fallbacks = (body.fallbacks ?? []).map((item) => (typeof item === "string" ? { model: item } : item));
  return [body, ...fallbacks].flatMap(nameOf);
}

/** The same of what the owner has set: the default provider, the pool that is asked for, the chains of those that may be first. */
function ownNames(body: Routed, kind: RouteKind, { defaultProvider, policy }: Settings): string[] {
  const usesDefault = !body.provider && (!body.model || body.model === "default");
  const name = body.provider ? "" : (body.model ?? "");
  const pool = (Object.hasOwn(policy.pools, name) ? policy.pools[name]?.targets : undefined) ?? [];
  const first = pool.length > 0 ? pool : [body];
  const isChained = !body.fallbacks && Object.keys(policy.defaultFallbacks).length > 0;
  const chains = !isChained ? [] : first.flatMap((wanted) => chainOf(wanted, kind, defaultProvider, policy));
  const models = [...pool, ...chains.map((model) => ({ model }))];
  return [...(usesDefault ? [defaultProvider] : []), ...models.flatMap(nameOf)];
}

/** The owner's chain behind a target. Empty for one that is not built in: the relay is asked for its name already. */
function chainOf(wanted: Wanted, kind: RouteKind, defaultProvider: string, policy: Policy): readonly string[] {
  try {
    return policy.defaultFallbacks[choose({ ...wanted, kind }, providers, defaultProvider).provider.name] ?? [];
  } catch {
    return [];
  }
}

interface Wanted {
  provider?: string | null | undefined;
  model?: string | null | undefined;
}

function nameOf({ provider, model }: Wanted): string[] {
  if (provider) return [provider];
  return model?.includes("/") && !isNativeId(model) ? [model.slice(0, model.indexOf("/"))] : [];
}

function isNativeId(model: string): boolean {
  return providers.some(({ idPrefix }) => idPrefix !== undefined && model.startsWith(idPrefix));
}

function isBuiltIn(name: string): boolean {
  return providers.some((provider) => provider.name === name);
}

function toEntry({ name, configured, defaultModel, models }: UpstreamStatus): ProviderEntry {
  // Nothing is known of an entry with a mistake in it: the relay says what is wrong, if it is asked.
  const isUnread = !configured && defaultModel === undefined && models === undefined;
  return {
    name,
    upstream: name,
    binding: "OPENAI_RELAY",
    aliases: isUnread ? { default: "default" } : defaultModel === undefined ? {} : { default: defaultModel },
    ...(models !== undefined && { renamedByRelay: models }),
    families: [],
    models: [],
  };
}
