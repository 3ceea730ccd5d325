import { ApiError, notConfigured } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { readBaseUrl } from "@ai-proxy/shared/upstream/base-url";
import { type Quirks, readQuirks } from "./quirks.ts";

/** An OpenAI-compatible API that requests can be sent to. */
export interface Upstream {
  /** Its `provider` name in requests; "openai" for the default one. */
  name: string;
  /** Without a final slash; paths such as /chat/completions follow. */
  baseUrl: string;
  /** Query that every call carries ("?api-version=…"), or "". */
  search: string;
  /** Name of the secret that holds its key or keys; null for a server that wants none. */
  keySecret: string | null;
  /** Header that carries the key: `authorization` (as Bearer), or another as it is. */
  keyHeader: string;
  headers: Readonly<Record<string, string>>;
  /** Names that clients use → ids that the upstream knows. */
  models: Readonly<Record<string, string>>;
  defaultModel: string | null;
  quirks: Quirks;
}

/** The settings of this Worker, by name; secrets are among them. */
export type Settings = Readonly<Record<string, unknown>>;

const DEFAULT_UPSTREAM = "openai";
const DEFAULT_BASE_URL = "https://api.openai.com/v1";
const KNOWN_FIELDS = ["base_url", "key", "key_header", "headers", "models", "default_model", "quirks"];
/** Headers that the relay sets itself. */
const OWN_HEADERS = new Set([
  "authorization",
  "content-type",
  "content-length",
  "host",
  "connection",
  "cf-aig-authorization",
]);
const HEADER_NAME = /^[a-z0-9-]+$/;
const SECRET_NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

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
      attempt(() => defaultUpstream(settings)),
    );
    const listed = readSetting(settings["UPSTREAMS"]);
    if (listed instanceof ApiError) {
      this.problem = listed;
      return;
    }
    for (const [name, entry] of Object.entries(listed)) {
      const upstream = attempt(() => readEntry(name, entry));
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

function attempt(read: () => Upstream): Upstream | ApiError {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
    throw thrown;
  }
}

function defaultUpstream(settings: Settings): Upstream {
  const value = settings["OPENAI_BASE_URL"];
  const { href, search } = readBaseUrl(
    "OPENAI_BASE_URL",
    typeof value === "string" && value !== "" ? value : DEFAULT_BASE_URL,
  );
  return {
    name: DEFAULT_UPSTREAM,
    baseUrl: href,
    search,
    keySecret: "OPENAI_API_KEY",
    keyHeader: "authorization",
    headers: {},
    models: {},
    defaultModel: null,
    quirks: readQuirks("OPENAI", { token_limit: "by_family" }),
  };
}

/** UPSTREAMS as a JSON text, or as the object that a JSON var in wrangler.jsonc is. */
function readSetting(value: unknown): JsonObject | ApiError {
  if (value === undefined || value === "") return {};
  const parsed = typeof value === "string" ? tryParseJson(value) : value;
  return isObject(parsed) ? parsed : notConfigured("UPSTREAMS must be a JSON object: name → settings.");
}

function readEntry(name: string, entry: unknown): Upstream {
  const at = `UPSTREAMS.${name}`;
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(name)) {
    throw notConfigured(`${at}: a name is made of a-z, 0-9, - and _, at most 64.`);
  }
  if (name === DEFAULT_UPSTREAM) throw notConfigured(`${at}: the default upstream is set by OPENAI_BASE_URL.`);
  if (!isObject(entry)) throw notConfigured(`${at} must be an object.`);
  const unknown = Object.keys(entry).find((key) => !KNOWN_FIELDS.includes(key));
  if (unknown !== undefined)
    throw notConfigured(`${at}.${unknown} is not a setting; there are ${KNOWN_FIELDS.join(", ")}.`);
  const { href, search } = readBaseUrl(`${at}.base_url`, readText(`${at}.base_url`, entry["base_url"]) ?? "");
  return {
    name,
    baseUrl: href,
    search,
    keySecret: readSecretName(`${at}.key`, readText(`${at}.key`, entry["key"])),
    keyHeader: readHeaderName(`${at}.key_header`, readText(`${at}.key_header`, entry["key_header"]) ?? "authorization"),
    headers: readHeaders(`${at}.headers`, entry["headers"]),
    models: readTexts(`${at}.models`, entry["models"]),
    defaultModel: readText(`${at}.default_model`, entry["default_model"]),
    quirks: readQuirks(`${at}.quirks`, entry["quirks"]),
  };
}

/** A key in its name's place must not get further: names stand in errors and in the log. */
function readSecretName(at: string, value: string | null): string | null {
  if (value === null || SECRET_NAME.test(value)) return value;
  throw notConfigured(
    `${at} must be the name of a secret, in capitals, such as GROQ_API_KEY; the key itself is its value.`,
  );
}

function readHeaders(at: string, value: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(readTexts(at, value))) {
    const lower = readHeaderName(`${at}.${name}`, name);
    if (OWN_HEADERS.has(lower)) throw notConfigured(`${at}.${name} is set by the relay itself.`);
    if (!/^[\t -~]*$/.test(text)) throw notConfigured(`${at}.${name} must be printable ASCII.`);
    headers[lower] = text;
  }
  return headers;
}

function readHeaderName(at: string, value: string): string {
  const lower = value.toLowerCase();
  if (!HEADER_NAME.test(lower)) throw notConfigured(`${at} must be a header name.`);
  return lower;
}

function readTexts(at: string, value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value)) throw notConfigured(`${at} must be an object of strings.`);
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== "string") throw notConfigured(`${at}.${key} must be a string.`);
      return [key, text];
    }),
  );
}

function readText(at: string, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") throw notConfigured(`${at} must be a string.`);
  return value;
}
