import { ApiError, notConfigured } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { readSetting } from "@ai-proxy/shared/settings";
import { readBaseUrl } from "@ai-proxy/shared/upstream/base-url";
import { KeyRing } from "@ai-proxy/shared/upstream/keys";
import type { ProviderApi } from "@ai-proxy/shared/upstream/provider-api";
import { presetOf, withPreset } from "./presets.ts";
import { type Quirks, readQuirks } from "./quirks.ts";
import { entrySchema, nameSchema } from "./upstream-schema.ts";

/** An OpenAI-compatible API that requests can be sent to. Its name is the `provider` of requests; "openai" is the default one. */
export interface Upstream extends ProviderApi {
  /** Query that every upstream request carries ("?api-version=…"), or "". */
  readonly search: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Names that clients use → ids that the upstream knows. */
  readonly models: Readonly<Record<string, string>>;
  readonly defaultModel: string | null;
  readonly quirks: Quirks;
  /** Fields of requests that it calls otherwise (their name there) or does not take (null). */
  readonly fields: Readonly<Record<string, string | null>>;
}

/** The settings of this Worker, by name; secrets are among them. */
export type Settings = Readonly<Record<string, unknown>>;

export const DEFAULT_UPSTREAM = "openai";
const DEFAULT_BASE_URL = "https://api.openai.com/v1";

/**
 * The upstreams of OPENAI_BASE_URL and UPSTREAMS, by name. What is wrong with
 * an entry stands in its place as the error to answer with: a mistake in one
 * does not take the others down.
 */
export class Upstreams {
  readonly #entries = new Map<string, Upstream | ApiError>();
  /** What is wrong with UPSTREAMS as a whole. */
  readonly problem: ApiError | null = null;
  /** Entries that stand for no upstream of their own. */
  readonly #rejected: ApiError[] = [];

  constructor(settings: Settings) {
    this.#entries.set(
      DEFAULT_UPSTREAM,
      orError(() => defaultUpstream(settings)),
    );
    const listed = readList(settings["UPSTREAMS"]);
    if (listed instanceof ApiError) {
      this.problem = listed;
      return;
    }
    for (const [name, entry] of Object.entries(listed)) {
      const upstream = orError(() => readEntry(name, entry, settings));
      if (name !== DEFAULT_UPSTREAM) this.#entries.set(name, upstream);
      else if (upstream instanceof ApiError) this.#rejected.push(upstream);
    }
  }

  /** The upstream of that name; throws a 503 `not_configured` that names the setting at fault. */
  get(name: string = DEFAULT_UPSTREAM): Upstream {
    const entry = this.#entries.get(name) ?? this.problem ?? notConfigured(`UPSTREAMS has no entry "${name}".`);
    if (entry instanceof ApiError) throw entry;
    return entry;
  }

  /** Names beside the default one. */
  names(): string[] {
    return [...this.#entries.keys()].filter((name) => name !== DEFAULT_UPSTREAM);
  }

  /** What is wrong with the settings, for the operator's log. */
  problems(): string[] {
    const all = [this.problem, ...this.#rejected, ...this.#entries.values()];
    return all.flatMap((entry) => (entry instanceof ApiError ? [entry.message] : []));
  }
}

function orError(read: () => Upstream): Upstream | ApiError {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
    throw thrown;
  }
}

function defaultUpstream(settings: Settings): Upstream {
  const { href, search } = readBaseUrl("OPENAI_BASE_URL", text(settings["OPENAI_BASE_URL"]) || DEFAULT_BASE_URL);
  return {
    name: DEFAULT_UPSTREAM,
    baseUrl: href,
    search,
    keys: keyRing("OPENAI_API_KEY", settings),
    keyHeader: "authorization",
    gatewayToken: text(settings["CF_AIG_TOKEN"]),
    headers: {},
    models: {},
    defaultModel: null,
    quirks: readQuirks("OPENAI", { token_limit: "by_family" }),
    fields: {},
  };
}

/** UPSTREAMS as a JSON text, or as the object that a JSON var in wrangler.jsonc is. */
function readList(value: unknown): JsonObject | ApiError {
  if (value === undefined || value === "") return {};
  const parsed = typeof value === "string" ? tryParseJson(value) : value;
  return isObject(parsed) ? parsed : notConfigured("UPSTREAMS must be a JSON object: name → settings.");
}

function readEntry(name: string, value: unknown, settings: Settings): Upstream {
  const at = `UPSTREAMS.${name}`;
  readSetting(at, nameSchema, name);
  if (name === DEFAULT_UPSTREAM) throw notConfigured(`${at} is not used: OPENAI_BASE_URL sets the default upstream.`);
  const entry = readSetting(at, entrySchema, isObject(value) ? withPreset(name, value) : value);
  const address = isObject(value) ? presetOf(name, value)?.address : undefined;
  if (address !== undefined && entry.base_url === "") throw notConfigured(`${at}.base_url must be given: ${address}.`);
  const { href, search } = readBaseUrl(`${at}.base_url`, entry.base_url);
  return {
    name,
    baseUrl: href,
    search,
    keys: entry.key === null ? null : keyRing(entry.key, settings),
    keyHeader: entry.key_header,
    gatewayToken: text(settings["CF_AIG_TOKEN"]),
    headers: entry.headers,
    models: entry.models,
    defaultModel: entry.default_model,
    quirks: entry.quirks,
    fields: entry.fields,
  };
}

function keyRing(secret: string, settings: Settings): KeyRing {
  return new KeyRing(secret, text(settings[secret]));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
