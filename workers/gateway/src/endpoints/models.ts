import type { ListedModel } from "@ai-proxy/shared/contract/relay";
import { ApiError } from "@ai-proxy/shared/errors";
import { providers as builtIn } from "@ai-proxy/shared/registry";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { RequestContext } from "../request/context.ts";
import { choose } from "../routing/choose.ts";
import { allProviders, liveLists } from "../serving/providers.ts";
import type { Answer } from "../serving/respond.ts";

/** OpenAI's model object. */
interface ModelObject {
  id: string;
  object: "model";
  created: number;
  owned_by: string;
}

const POOL = "pool";

/** GET /v1/models: every id and alias that `model` may be, as OpenAI lists its own. */
export async function listModels(context: RequestContext): Promise<Answer> {
  return { response: Response.json({ object: "list", data: await allModels(context) }), outcome: {} };
}

/** GET /v1/models/{id}; ids may hold slashes, and may be written `provider/id` as in requests. */
export async function getModel(context: RequestContext, encodedId: string): Promise<Answer> {
  const id = decoded(encodedId);
  const models = await allModels(context);
  const found = models.find((model) => model.id === id) ?? models.find((model) => prefixed(model) === id);
  if (found !== undefined) return { response: Response.json({ ...found, id }), outcome: {} };
  throw new ApiError({
    status: 404,
    message: `The model \`${id.slice(0, 256)}\` is not known. GET /v1/models lists those there are.`,
    code: "model_not_found",
    param: "model",
  });
}

function prefixed({ id, owned_by: provider }: ModelObject): string | null {
  return provider === POOL ? null : `${provider}/${id}`;
}

/** The owner's pools, the registry's models, then what the providers list beside them. */
async function allModels(context: RequestContext): Promise<ModelObject[]> {
  const [providers, live] = await Promise.all([allProviders(context), liveLists(context)]);
  const models = new Map<string, ModelObject>();
  for (const id of Object.keys(context.settings.policy.pools)) {
    models.set(id, { id, object: "model", created: 0, owned_by: POOL });
  }
  for (const provider of providers) {
    for (const model of [...registered(provider), ...listed(provider, live.get(provider.name) ?? [])]) {
      if (!models.has(model.id)) models.set(model.id, model);
    }
  }
  return [...models.values()];
}

function registered(provider: ProviderEntry): ModelObject[] {
  const aliases = Object.keys(provider.aliases).filter((alias) => alias !== "default");
  return [...aliases.map((id) => ({ id })), ...provider.models].map((model) => toObject(provider, model));
}

/** What a provider lists, and an upstream's own names. Ids that lead elsewhere get their provider's prefix. */
function listed(provider: ProviderEntry, live: readonly ListedModel[]): ModelObject[] {
  const { name, aliases, upstream, renamedByRelay = {} } = provider;
  const own = upstream === undefined ? [] : [aliases.default ?? [], Object.keys(renamedByRelay)].flat();
  return [...live, ...own.map((id) => ({ id }))].map((model) => {
    const id = isPlaced(model.id, provider) ? model.id : `${name}/${model.id}`;
    return toObject(provider, { ...model, id });
  });
}

/** Whether the id alone leads to this provider, and arrives there as it is: rule 3 would cut its beginning off. */
function isPlaced(id: string, provider: ProviderEntry): boolean {
  try {
    const choice = choose({ model: id, kind: "chat" }, { entries: builtIn, missing: null }, provider.name);
    return choice.provider === provider && choice.rule !== 3;
  } catch {
    return false;
  }
}

function toObject(
  provider: ProviderEntry,
  { id, created = 0 }: { id: string; created?: number | undefined },
): ModelObject {
  return { id, object: "model", created, owned_by: provider.name };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
