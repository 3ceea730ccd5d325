import type { RelayRequest } from "@ai-proxy/shared/contract/relay";
import { badRequest, notConfigured } from "@ai-proxy/shared/errors";
import type { Attempt } from "@ai-proxy/shared/upstream/attempt";
import { readBaseUrl } from "@ai-proxy/shared/upstream/base-url";
import { readBody, type UpstreamAnswer } from "@ai-proxy/shared/upstream/fetch";
import { KeyRing } from "@ai-proxy/shared/upstream/keys";
import {
  askProvider,
  hasKeys,
  type ProviderApi,
  type ReadRefusal,
  type Refusal,
} from "@ai-proxy/shared/upstream/provider-api";
import { PROVIDER, upstreamError } from "./errors.ts";
import { modelPath } from "./model.ts";

/** What this Worker is configured with. CF_AIG_TOKEN is wanted only behind an authenticated AI Gateway. */
export interface Settings {
  GEMINI_API_KEY?: string | undefined;
  GEMINI_BASE_URL?: string | undefined;
  CF_AIG_TOKEN?: string | undefined;
  SIGNATURES_IN_CALL_IDS?: string | undefined;
}

const DEFAULT_BASE_URL = "https://generativelanguage.googleapis.com/v1beta";

export type Method = "generateContent" | "streamGenerateContent" | "batchEmbedContents" | "countTokens";

interface GoogleApi extends ProviderApi {
  /** Query that every upstream request carries, or "". */
  readonly search: string;
}

/** Gemini as the settings have it. One for an isolate: its keys rotate and rest across requests. */
export class GeminiSettings {
  readonly #settings: Settings;
  readonly #keys: KeyRing;
  #api: GoogleApi | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#keys = new KeyRing("GEMINI_API_KEY", settings.GEMINI_API_KEY);
  }

  /** How Gemini is reached. Throws `not_configured`. */
  get api(): GoogleApi {
    this.#api ??= this.#readApi();
    return this.#api;
  }

  #readApi(): GoogleApi {
    const { GEMINI_BASE_URL, CF_AIG_TOKEN } = this.#settings;
    const { href, search } = readBaseUrl("GEMINI_BASE_URL", GEMINI_BASE_URL || DEFAULT_BASE_URL);
    const keys = this.#keys;
    return { name: PROVIDER, baseUrl: href, search, keys, keyHeader: "x-goog-api-key", gatewayToken: CF_AIG_TOKEN };
  }

  /** Whether requests can be served: there is a key, here or at the AI Gateway. */
  get configured(): boolean {
    try {
      return hasKeys(this.api);
    } catch {
      // A base URL that is none: requests say what is wrong with it.
      return this.#keys.size > 0;
    }
  }

  /** Whether tool call ids carry their signatures. Throws `not_configured` for a setting that says neither yes nor no. */
  get signaturesInCallIds(): boolean {
    const value = String(this.#settings.SIGNATURES_IN_CALL_IDS ?? "").trim();
    if (value === "true") return true;
    if (value === "false" || value === "") return false;
    throw notConfigured('SIGNATURES_IN_CALL_IDS must be "true" or "false".');
  }
}

/** Gemini's API for one attempt. */
export class GeminiApi {
  readonly #settings: GeminiSettings;
  readonly attempt: Attempt;

  constructor(settings: GeminiSettings, attempt: Attempt) {
    this.#settings = settings;
    this.attempt = attempt;
  }

  get signaturesInCallIds(): boolean {
    return this.#settings.signaturesInCallIds;
  }

  /** Asks a method of a model; throws an ApiError for whatever is not a success. */
  async ask(
    { model, cancelled }: Pick<RelayRequest, "model" | "cancelled">,
    method: Method,
    body: unknown,
  ): Promise<UpstreamAnswer> {
    const { api } = this.#settings;
    const request = {
      path: `/${modelPath(model)}:${method}${query(api.search, method)}`,
      body: jsonText(body),
      cancelled,
    };
    return askProvider(this.attempt, api, request, readRefusal);
  }

  /** As `ask`, to the end of the answer's text. */
  async askForText(
    request: Pick<RelayRequest, "model" | "cancelled">,
    method: Method,
    body: unknown,
  ): Promise<{ text: string; headers: Headers }> {
    const answer = await this.ask(request, method, body);
    const { budget, clock } = this.attempt;
    const text = await readBody(answer, { provider: PROVIDER, leftMs: clock.leftMs(), budget });
    return { text, headers: answer.response.headers };
  }
}

function readRefusal({ key, ...refusal }: Refusal): ReadRefusal {
  const error = upstreamError({ ...refusal, ...(key !== null && { key: key.value }) });
  return { error, restsKey: error.code === "provider_auth_error" };
}

/** JSON.parse reads what JSON.stringify runs out of stack for. */
function jsonText(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch (thrown) {
    if (thrown instanceof RangeError) throw badRequest("The request is nested too deeply.");
    throw thrown;
  }
}

/** Without alt=sse a stream comes as one JSON list. */
function query(search: string, method: Method): string {
  if (method !== "streamGenerateContent") return search;
  return search === "" ? "?alt=sse" : `${search}&alt=sse`;
}
