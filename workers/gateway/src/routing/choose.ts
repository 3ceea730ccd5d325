import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { upstreamModel } from "@ai-proxy/shared/registry";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import { misconfigured } from "../settings/misconfigured.ts";

/** What a route is asked for: it decides which of a provider's defaults applies. */
export type RouteKind = "chat" | "completion" | "embedding" | "moderation";

export interface RouteRequest {
  provider?: string | null | undefined;
  model?: string | null | undefined;
  kind: RouteKind;
}

/** The seven rules, in the order in which they are tried. */
export const RULES = {
  1: "provider without a model: the provider's default model",
  2: "provider and model: the provider's alias, else the id as given",
  3: 'model written as "provider/id"',
  4: "model id of Workers AI (@cf/…)",
  5: "alias or id in the registry",
  6: "family of the model id",
  7: "neither provider nor model: the default provider and its default model",
} as const;

export interface Choice {
  provider: ProviderEntry;
  /** Model id to send to the provider. */
  model: string;
  /** What the client asked for, or the default's id when it named none. */
  requestedModel: string;
  rule: keyof typeof RULES;
}

/**
 * Which provider and model serve a request, and by which rule. Pure.
 * Throws 400 for an unknown provider and 404 `model_not_found` for a model that no rule places;
 * 503 `not_configured` when the owner's default is needed and unknown.
 *
 * { model: "gpt4" } → openai, gpt-4, rule 5
 * { provider: "gemini" } → gemini and its default model, rule 1
 */
export function choose(request: RouteRequest, providers: readonly ProviderEntry[], defaultProvider: string): Choice {
  const name = request.provider ?? undefined;
  const model = request.model ?? undefined;
  if (name !== undefined) {
    const provider = findProvider(providers, name);
    return model === undefined
      ? chosen(provider, defaultModel(provider, request.kind), 1)
      : chosen(provider, withoutPrefix(provider, model), 2, model);
  }
  if (model === undefined) {
    const provider = defaultFor(request.kind, findDefault(providers, defaultProvider), providers);
    return chosen(provider, defaultModel(provider, request.kind), 7);
  }
  return byModel(model, request.kind, providers, defaultProvider);
}

function byModel(model: string, kind: RouteKind, providers: readonly ProviderEntry[], defaultProvider: string): Choice {
  const slash = model.indexOf("/");
  const prefixed = providers.find((provider) => provider.name === model.slice(0, Math.max(0, slash)));
  if (prefixed !== undefined && slash + 1 < model.length) return chosen(prefixed, model.slice(slash + 1), 3, model);

  const native = providers.find((provider) => provider.idPrefix !== undefined && model.startsWith(provider.idPrefix));
  if (native !== undefined) return chosen(native, model, 4);

  if (model === "default") {
    const preferred = defaultFor(kind, findDefault(providers, defaultProvider), providers);
    return chosen(preferred, defaultModel(preferred, kind), 5, model);
  }
  const registered = providers.find(
    (provider) => Object.hasOwn(provider.aliases, model) || provider.models.some(({ id }) => id === model),
  );
  if (registered !== undefined) return chosen(registered, model, 5);

  const family = providers.find((provider) => provider.families.some((pattern) => pattern.test(model)));
  if (family !== undefined) return chosen(family, model, 6);

  throw new ApiError({
    status: 404,
    message: `The model \`${model}\` is not known. GET /v1/model-options lists those there are; with \`provider\` any id of that provider is taken.`,
    code: "model_not_found",
    param: "model",
  });
}

function chosen(provider: ProviderEntry, name: string, rule: Choice["rule"], requestedModel = name): Choice {
  return { provider, model: upstreamModel(provider, name), requestedModel, rule };
}

/**
 * `provider` and a prefixed model together: {provider: "openai", model: "openai/gpt-4o"} means gpt-4o.
 * An upstream's own ids may begin with its name: "openrouter/auto", "groq/compound".
 */
function withoutPrefix(provider: ProviderEntry, model: string): string {
  if (provider.upstream !== undefined) return model;
  const prefix = `${provider.name}/`;
  return model.startsWith(prefix) && model.length > prefix.length ? model.slice(prefix.length) : model;
}

/** Few providers have moderations: where the default one has none, the first that has. */
function defaultFor(kind: RouteKind, preferred: ProviderEntry, providers: readonly ProviderEntry[]): ProviderEntry {
  if (kind !== "moderation") return preferred;
  return [preferred, ...providers].find(({ defaultModels }) => defaultModels?.moderation !== undefined) ?? preferred;
}

function defaultModel(provider: ProviderEntry, kind: RouteKind): string {
  const model = provider.defaultModels?.[kind] ?? provider.aliases.default;
  if (model !== undefined) return model;
  throw badRequest(`${provider.name} has no default model: name one.`, "model", "missing_required_parameter");
}

function findDefault(providers: readonly ProviderEntry[], name: string): ProviderEntry {
  const provider = providers.find((entry) => entry.name === name);
  if (provider !== undefined) return provider;
  throw misconfigured(
    `DEFAULT_PROVIDER is \`${name}\`, which is no provider. There are: ${providers.map((entry) => entry.name).join(", ")}.`,
  );
}

/** Throws a 400 that lists those there are. */
export function findProvider(providers: readonly ProviderEntry[], name: string): ProviderEntry {
  const provider = providers.find((entry) => entry.name === name);
  if (provider !== undefined) return provider;
  throw badRequest(
    `The provider \`${name}\` is not known. There are: ${providers.map((entry) => entry.name).join(", ")}.`,
    "provider",
    "unknown_provider",
  );
}
