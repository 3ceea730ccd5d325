import { ApiError } from "@ai-proxy/shared/errors";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { Call } from "../call.ts";
import { allProviders } from "../routing/providers.ts";

/** OpenAI's model object. */
interface ListedModel {
  id: string;
  object: "model";
  created: number;
  owned_by: string;
}

/** GET /v1/models: every id and alias that `model` may be, as OpenAI lists its own. */
export async function listModels(call: Call): Promise<Response> {
  return Response.json({ object: "list", data: (await allProviders(call.env)).flatMap(listed) });
}

/** GET /v1/models/{id}; ids may hold slashes. */
export async function getModel(call: Call, encodedId: string): Promise<Response> {
  const id = decoded(encodedId);
  const found = (await allProviders(call.env)).flatMap(listed).find((model) => model.id === id);
  if (found !== undefined) return Response.json(found);
  throw new ApiError({
    status: 404,
    message: `The model \`${id}\` is not known. GET /v1/models lists those there are.`,
    code: "model_not_found",
    param: "model",
  });
}

function listed(provider: ProviderEntry): ListedModel[] {
  const aliases = Object.keys(provider.aliases).filter((alias) => alias !== "default");
  const created = new Map(provider.models.map((model) => [model.id, model.created ?? 0]));
  const ids = new Set([...aliases, ...created.keys()]);
  // A configured upstream has no registry: its default is what can be named.
  if (ids.size === 0) ids.add(`${provider.name}/${provider.aliases.default}`);
  return [...ids].map((id) => ({ id, object: "model", created: created.get(id) ?? 0, owned_by: provider.name }));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
