import { idAtProvider } from "@ai-proxy/shared/registry";
import type { ModelEntry, ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { RequestContext } from "../request/context.ts";
import { allProviders } from "../serving/providers.ts";
import type { Answer } from "../serving/respond.ts";

/** GET /v1/model-options: providers, their aliases, what is known of each model, and the owner's pools. */
export async function modelOptions(context: RequestContext): Promise<Answer> {
  const { defaultProvider, policy } = context.settings;
  const response = Response.json({
    object: "model_options",
    default_provider: defaultProvider,
    providers: (await allProviders(context)).map((provider) => describe(provider, defaultProvider)),
    pools: Object.entries(policy.pools).map(([name, { sticky, targets }]) => ({ name, sticky, targets })),
  });
  return { response, outcome: {} };
}

function describe(provider: ProviderEntry, defaultProvider: string) {
  return {
    name: provider.name,
    default: provider.name === defaultProvider,
    default_model: provider.aliases.default === undefined ? null : idAtProvider(provider, "default"),
    default_models: provider.defaultModels ?? {},
    aliases: Object.entries({ ...provider.aliases, ...provider.renamedByRelay }).map(([alias, model]) => ({
      alias,
      model,
      // Where the provider has retired the model, another one answers for it.
      served_by: idAtProvider(provider, alias),
    })),
    models: provider.models.map(describeModel),
  };
}

function describeModel(model: ModelEntry) {
  return {
    id: model.id,
    type: model.type,
    context_window: model.contextWindow ?? null,
    max_output_tokens: model.maxOutputTokens ?? null,
    modalities: { input: model.input, output: model.output },
    features: model.features,
    price_per_million_tokens: model.price
      ? {
          currency: "USD",
          input: model.price.input,
          cached_input: model.price.cachedInput ?? null,
          output: model.price.output,
        }
      : null,
    retired: model.servedBy !== undefined,
    served_by: model.servedBy ?? model.id,
    source: model.source,
  };
}
