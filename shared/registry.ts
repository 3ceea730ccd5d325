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

/** An upstream that the owner has configured: a provider like the one whose relay serves it. */
export interface Upstream {
  name: string;
  /** Absent when a request has to name its model. */
  defaultModel?: string | undefined;
  /** Names that the relay turns into other ids. */
  renamedByRelay?: Readonly<Record<string, string>> | undefined;
}

/** A configured upstream as a provider: nothing is known of its models but what it can be asked for. */
export function upstreamProvider(host: ProviderEntry, upstream: Upstream): ProviderEntry {
  const { binding, serves, batchesPrompts, passesThrough, listsModels } = host;
  const { name, defaultModel, renamedByRelay } = upstream;
  return {
    name,
    upstream: name,
    binding,
    serves,
    ...(batchesPrompts && { batchesPrompts }),
    ...(passesThrough && { passesThrough }),
    ...(listsModels && { listsModels }),
    aliases: defaultModel === undefined ? {} : { default: defaultModel },
    ...(renamedByRelay !== undefined && { renamedByRelay }),
    families: [],
    models: [],
  };
}

interface ProviderAndModel {
  provider?: string | null | undefined;
  model?: string | null | undefined;
}

/**
 * Whether these words of a request or a setting may name an upstream: a provider that is not
 * built in, or a model id whose part before the first slash is none.
 */
export function mayNameUpstream({ provider, model }: ProviderAndModel): boolean {
  const name = provider || prefixOf(model ?? "");
  return name !== undefined && !byName.has(name);
}

/** "groq/llama" → "groq"; undefined for an id without a slash, and for ids that begin alike at one provider ("@cf/…"). */
function prefixOf(model: string): string | undefined {
  const isNative = providers.some(({ idPrefix }) => idPrefix !== undefined && model.startsWith(idPrefix));
  return isNative || !model.includes("/") ? undefined : model.slice(0, model.indexOf("/"));
}
