import type { ListedModel, UpstreamStatus } from "@ai-proxy/shared/contract/relay";
import { providers } from "@ai-proxy/shared/registry";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { Call } from "../call.ts";
import type { Routed } from "../edge/validation.ts";
import type { GatewayEnv } from "../env.ts";

/** How long a relay's list of upstreams is believed, milliseconds. */
const FRESH_MS = 60_000;

let configured: { until: number; entries: ProviderEntry[] } | null = null;

/** The providers that a request may mean. The relays are asked for theirs only when it names one that is not built in. */
export async function knownProviders(env: GatewayEnv, body: Routed): Promise<readonly ProviderEntry[]> {
  return namesOf(body).every(isBuiltIn) ? providers : allProviders(env);
}

/** Every provider: those built in, then the upstreams that the owner has configured. */
export async function allProviders(env: GatewayEnv): Promise<readonly ProviderEntry[]> {
  const now = Date.now();
  if (configured === null || configured.until < now) {
    const status = await env.OPENAI_RELAY.status().catch(() => null);
    // Without an answer the built-in providers still serve, and the next request asks again.
    if (status === null) return providers;
    const entries = status.upstreams.filter(({ name }) => !isBuiltIn(name)).map(toEntry);
    configured = { until: now + FRESH_MS, entries };
  }
  return [...providers, ...configured.entries];
}

/** What each OpenAI-compatible provider itself lists, by provider name; empty where it cannot say. The relay remembers it. */
export async function liveLists(call: Call): Promise<ReadonlyMap<string, ListedModel[]>> {
  const asked = (await allProviders(call.env)).filter(({ binding }) => binding === "OPENAI_RELAY");
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

function nameOf({
  provider,
  model,
}: {
  provider?: string | null | undefined;
  model?: string | null | undefined;
}): string[] {
  if (provider) return [provider];
  return model?.includes("/") && !isNativeId(model) ? [model.slice(0, model.indexOf("/"))] : [];
}

function isNativeId(model: string): boolean {
  return providers.some(({ idPrefix }) => idPrefix !== undefined && model.startsWith(idPrefix));
}

function isBuiltIn(name: string): boolean {
  return providers.some((provider) => provider.name === name);
}

function toEntry({ name, defaultModel }: UpstreamStatus): ProviderEntry {
  return {
    name,
    upstream: name,
    binding: "OPENAI_RELAY",
    aliases: { default: defaultModel ?? "default" },
    families: [],
    models: [],
  };
}
