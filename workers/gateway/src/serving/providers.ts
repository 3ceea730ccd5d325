import type { ListedModel, RelayStatus, UpstreamStatus } from "@ai-proxy/shared/contract/relay";
import { ApiError } from "@ai-proxy/shared/errors";
import { log } from "@ai-proxy/shared/log";
import { providers as builtIn, findProvider, mayNameUpstream, upstreamProvider } from "@ai-proxy/shared/registry";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { RequestContext } from "../request/context.ts";
import type { Routed } from "../request/schemas.ts";
import type { KnownProviders } from "../routing/choose.ts";
import type { GatewayEnv } from "../settings/env.ts";
import { misconfigured } from "../settings/misconfigured.ts";
import type { Policy } from "../settings/routing-policy.ts";
import type { Settings } from "../settings/settings.ts";

/** How long a relay's list of upstreams is believed, milliseconds. */
const FRESH_MS = 60_000;

/** The provider whose relay serves the owner's upstreams. */
const host = builtIn.find(({ hostsUpstreams }) => hostsUpstreams);

/** What the relay says of the upstreams that the owner has configured. */
interface Upstreams {
  entries: ProviderEntry[];
  /** Why it cannot read the owner's list. */
  problem: string | undefined;
}

let remembered: (Upstreams & { until: number }) | null = null;

/**
 * The providers that a request can be sent to. Their relay is asked for the owner's upstreams only where one can be
 * meant. A relay that does not answer (502) or cannot read the owner's list (503) fails the requests that mean one.
 */
export async function knownProviders(env: GatewayEnv, settings: Settings, body: Routed): Promise<KnownProviders> {
  if (settings.policy.upstreamKeys.length === 0 && !mayMeanUpstream(settings, body))
    return { entries: builtIn, missing: null };
  const upstreams = await checkedUpstreams(env, settings);
  if (upstreams === null) return { entries: builtIn, missing: relayUnavailable() };
  const { entries, problem } = upstreams;
  return { entries: [...builtIn, ...entries], missing: problem === undefined ? null : misconfigured(problem) };
}

/** Whether the request, or what the owner has set for it, may name a provider that is not built in. */
function mayMeanUpstream({ defaultProvider, policy }: Settings, body: Routed): boolean {
  if (policy.namesUpstreams) return true;
  const wanted = [body, ...(body.fallbacks ?? [])];
  return wanted.some((item) => {
    const { provider, model }: Pick<Routed, "provider" | "model"> = typeof item === "string" ? { model: item } : item;
    const isDefault = !provider && (!model || model === "default");
    return mayNameUpstream(isDefault ? { provider: defaultProvider } : { provider, model });
  });
}

function relayUnavailable(): ApiError {
  return new ApiError({
    status: 502,
    message: "The relay that knows the configured upstreams could not be reached.",
    code: "relay_unavailable",
  });
}

/** Every provider: those built in, then the upstreams that the owner has configured, as far as that can be found out. */
export async function allProviders({
  env,
  settings,
}: Pick<RequestContext, "env" | "settings">): Promise<readonly ProviderEntry[]> {
  return [...builtIn, ...((await checkedUpstreams(env, settings))?.entries ?? [])];
}

/** What each provider itself lists, by provider name; empty where it cannot say. Its relay remembers it. */
export async function liveLists(
  context: Pick<RequestContext, "env" | "settings" | "requestId" | "session">,
): Promise<ReadonlyMap<string, ListedModel[]>> {
  const { env, requestId, session } = context;
  const asked = (await allProviders(context)).filter(({ listsModels }) => listsModels);
  const lists = asked.map(async ({ name, binding, upstream }) => {
    const request = { requestId, sessionId: session.id, ...(upstream !== undefined && { upstream }) };
    return [name, (await env[binding].models?.(request).catch(() => [])) ?? []] as const;
  });
  return new Map(await Promise.all(lists));
}

/** The owner's upstreams; null when the relay does not answer. Throws a 503 for a name in ROUTING that is nobody's. */
async function checkedUpstreams(env: GatewayEnv, { policy }: Settings): Promise<Upstreams | null> {
  const upstreams = await configuredUpstreams(env);
  if (upstreams !== null && upstreams.problem === undefined) checkKeys(policy, upstreams.entries);
  return upstreams;
}

/** The owner has misspelt a name in ROUTING that no provider has. */
function checkKeys({ upstreamKeys }: Policy, entries: readonly ProviderEntry[]): void {
  const unknown = upstreamKeys.find(({ name }) => !entries.some((entry) => entry.name === name));
  if (unknown === undefined) return;
  // While a deploy spreads, an old relay may have answered: the next request asks again.
  remembered = null;
  const there = [...builtIn, ...entries].map(({ name }) => name).join(", ");
  throw misconfigured(`ROUTING: ${unknown.path}: there is no provider of this name. There are: ${there}.`);
}

/** From memory while it is fresh; null when the relay does not answer, and the next request asks again. */
async function configuredUpstreams(env: GatewayEnv): Promise<Upstreams | null> {
  const now = Date.now();
  if (remembered === null || remembered.until < now) {
    const status = await askStatus(env);
    if (status === null) return null;
    remembered = { until: now + FRESH_MS, ...readStatus(status) };
  }
  return remembered;
}

function readStatus({ upstreams, problem }: Pick<RelayStatus, "upstreams" | "problem">): Upstreams {
  const isBuiltIn = ({ name }: UpstreamStatus) => findProvider(name) !== undefined;
  for (const { name } of upstreams.filter(isBuiltIn)) {
    log("not_configured", { problem: `UPSTREAMS.${name} is never asked: a provider of this name is built in.` });
  }
  const own = upstreams.filter((upstream) => !isBuiltIn(upstream));
  return { entries: host === undefined ? [] : own.map((upstream) => toProvider(host, upstream)), problem };
}

async function askStatus(env: GatewayEnv): Promise<Pick<RelayStatus, "upstreams" | "problem"> | null> {
  if (host === undefined) return { upstreams: [] };
  try {
    return (await env[host.binding].status?.()) ?? { upstreams: [] };
  } catch (thrown) {
    // workerd's words for a missing method: a relay from before there were upstreams.
    const isOld = thrown instanceof TypeError && thrown.message.includes("does not implement");
    return isOld ? { upstreams: [] } : null;
  }
}

function toProvider(host: ProviderEntry, { name, configured, defaultModel, models }: UpstreamStatus): ProviderEntry {
  // An entry with a mistake in it gets a default, so that its relay is asked and says what is wrong.
  const isUnread = !configured && defaultModel === undefined && models === undefined;
  return upstreamProvider(host, { name, defaultModel: isUnread ? "default" : defaultModel, renamedByRelay: models });
}
