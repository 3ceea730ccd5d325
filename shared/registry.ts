import { cloudflare } from "./registry/cloudflare.ts";
import { gemini } from "./registry/gemini.ts";
import type { ModelEntry, ProviderEntry } from "./registry/model.ts";
import { openai } from "./registry/openai.ts";

/** Every provider that is built in, the default one first. */
export const providers: readonly ProviderEntry[] = [cloudflare, openai, gemini];

/** Who serves requests that name nobody, unless the owner says otherwise. */
export const defaultProvider = cloudflare;

const byName = new Map(providers.map((provider) => [provider.name, provider]));
const modelsById = new Map(
  providers.flatMap((provider) => provider.models.map((model) => [`${provider.name}/${model.id}`, model] as const)),
);

export function findProvider(name: string): ProviderEntry | undefined {
  return byName.get(name);
}

export function findModel(provider: string, id: string): ModelEntry | undefined {
  return modelsById.get(`${provider}/${id}`);
}

/** The id to send upstream for an alias or id: aliases resolved, retired models replaced. */
export function upstreamModel(provider: ProviderEntry, name: string): string {
  const id = Object.hasOwn(provider.aliases, name) ? (provider.aliases[name] ?? name) : name;
  return findModel(provider.name, id)?.servedBy ?? id;
}

/** The id that the provider is asked for in the end, for showing: what its relay renames is renamed. */
export function idAtProvider(provider: ProviderEntry, name: string): string {
  const id = upstreamModel(provider, name);
  const renamed = provider.renamedByRelay;
  return renamed !== undefined && Object.hasOwn(renamed, id) ? (renamed[id] ?? id) : id;
}
