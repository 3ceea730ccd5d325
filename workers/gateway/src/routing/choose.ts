import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { mayNameUpstream, upstreamModel } from "@ai-proxy/shared/registry";
import type { ModelType, ProviderEntry } from "@ai-proxy/shared/registry/model";
import { misconfigured } from "../settings/misconfigured.ts";

export interface RouteRequest {
  provider?: string | null | undefined;
  model?: string | null | undefined;
  /** What kind of model answers: it decides which of a provider's defaults applies. */
  kind: ModelType;
}

/** The providers that a request can be sent to. */
export interface KnownProviders {
  entries: readonly ProviderEntry[];
  /** Why the owner's upstreams are not among them: thrown for a name that may be one of theirs. */
  missing: ApiError | null;
}

/** The seven rules, in the order in which they are tried. */
export const RULES = {
  1: "provider without a model: the provider's default model",
  2: "provider and model: the provider's alias, else the id as given",
  3: 'model written as "provider/id"',
  4: "model id with a prefix that is one provider's alone (@cf/…)",
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
 * { provider: "acme" } → acme and its default model, rule 1
 * { model: "acme/large-1" } → acme, large-1, rule 3
 */
export function choose(request: RouteRequest, providers: KnownProviders, defaultProvider: string): Choice {
  const { kind } = request;
  const name = request.provider ?? undefined;
  const model = request.model ?? undefined;
  if (name !== undefined) {
    const provider = requireProvider(providers, name);
    return model === undefined
      ? chosen(provider, defaultModel(provider, kind), 1)
      : chosen(provider, withoutPrefix(provider, model), 2, model);
  }
  if (model === undefined) {
    const provider = defaultFor(kind, providers, defaultProvider);
    return chosen(provider, defaultModel(provider, kind), 7);
  }
  if (model === "default") {
    const provider = defaultFor(kind, providers, defaultProvider);
    return chosen(provider, defaultModel(provider, kind), 5, model);
  }
  return byModel(model, providers);
}

/** Rules 3 to 6. */
function byModel(model: string, { entries, missing }: KnownProviders): Choice {
  const slash = model.indexOf("/");
  // An alias may look like another provider's id: OpenAI's own API does not serve "openai/gpt-oss-120b".
  const exact = slash === -1 ? undefined : entries.find(({ aliases }) => Object.hasOwn(aliases, model));
  if (exact !== undefined) return chosen(exact, model, 5);

  const prefixed = entries.find((provider) => provider.name === model.slice(0, Math.max(0, slash)));
  if (prefixed !== undefined && slash + 1 < model.length) return chosen(prefixed, model.slice(slash + 1), 3, model);

  const native = entries.find((provider) => provider.idPrefix !== undefined && model.startsWith(provider.idPrefix));
  if (native !== undefined) return chosen(native, model, 4);

  // Rule 3 goes before 5 and 6, and cannot be ruled out without the upstreams' names.
  if (missing !== null && mayNameUpstream({ model })) throw missing;
  const registered = entries.find(
    (provider) => Object.hasOwn(provider.aliases, model) || provider.models.some(({ id }) => id === model),
  );
  if (registered !== undefined) return chosen(registered, model, 5);

  const family = entries.find((provider) => provider.families.some((pattern) => pattern.test(model)));
  if (family !== undefined) return chosen(family, model, 6);

  throw new ApiError({
    status: 404,
    message: `The model \`${model}\` is not known. GET /v1/model-options lists those there are; with \`provider\` any id of that provider is taken.${upstreamHint(model, entries)}`,
    code: "model_not_found",
    param: "model",
  });
}

/** How to name a model of the owner's upstreams, whose own ids no rule places. */
function upstreamHint(model: string, entries: readonly ProviderEntry[]): string {
  const names = entries.flatMap(({ upstream }) => upstream ?? []);
  const example = `${names[0] ?? "<upstream>"}/${model}`;
  const which = names.length > 0 ? ` (${names.join(", ")})` : "";
  return ` A model of an upstream${which} is written \`${example}\`, or named beside \`provider\`.`;
}

function chosen(provider: ProviderEntry, name: string, rule: Choice["rule"], requestedModel = name): Choice {
  return { provider, model: upstreamModel(provider, name), requestedModel, rule };
}

/**
 * `provider` and a prefixed model together: {provider: "acme", model: "acme/large-1"} means large-1.
 * Only an upstream's own ids may begin with its name: OpenRouter has "openrouter/auto".
 */
function withoutPrefix(provider: ProviderEntry, model: string): string {
  if (provider.upstream !== undefined) return model;
  const prefix = `${provider.name}/`;
  return model.startsWith(prefix) && model.length > prefix.length ? model.slice(prefix.length) : model;
}

/** The owner's default provider; for a kind that only some serve, the first that has a default model of it. */
function defaultFor(kind: ModelType, providers: KnownProviders, name: string): ProviderEntry {
  const preferred = findDefault(providers, name);
  const { entries } = providers;
  if (entries.every(({ serves }) => serves.includes(kind))) return preferred;
  return [preferred, ...entries].find(({ defaultModels }) => defaultModels?.[kind] !== undefined) ?? preferred;
}

function defaultModel(provider: ProviderEntry, kind: ModelType): string {
  const model = provider.defaultModels?.[kind] ?? provider.aliases.default;
  if (model !== undefined) return model;
  throw badRequest(`${provider.name} has no default model: name one.`, "model", "missing_required_parameter");
}

function findDefault({ entries, missing }: KnownProviders, name: string): ProviderEntry {
  const provider = entries.find((entry) => entry.name === name);
  if (provider !== undefined) return provider;
  throw (
    missing ?? misconfigured(`DEFAULT_PROVIDER is \`${name}\`, which is no provider. There are: ${namesOf(entries)}.`)
  );
}

/** Throws a 400 that lists those there are. */
export function requireProvider({ entries, missing }: KnownProviders, name: string): ProviderEntry {
  const provider = entries.find((entry) => entry.name === name);
  if (provider !== undefined) return provider;
  throw (
    missing ??
    badRequest(`The provider \`${name}\` is not known. There are: ${namesOf(entries)}.`, "provider", "unknown_provider")
  );
}

function namesOf(entries: readonly ProviderEntry[]): string {
  return entries.map(({ name }) => name).join(", ");
}
