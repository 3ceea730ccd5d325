/** What the mesh knows of one model. Figures come from the provider's pages; `source` says which and when. */
export interface ModelEntry {
  id: string;
  type: ModelType;
  /** Tokens of prompt and answer together; absent where the provider does not say. */
  contextWindow?: number;
  /** Most tokens of one answer. */
  maxOutputTokens?: number;
  input: readonly Modality[];
  output: readonly Modality[];
  features: readonly Feature[];
  /**
   * Levels of `reasoning_effort` that the model itself has; empty when its reasoning can only be
   * switched off and on; absent when it cannot be steered, or nobody says how.
   */
  reasoningEfforts?: readonly string[];
  /** US dollars per million tokens. */
  price?: { input: number; output: number; cachedInput?: number };
  /** Seconds since the epoch, for /v1/models. */
  created?: number;
  /** The provider has retired it: this id serves it now. Clients may go on using the name. */
  servedBy?: string;
  source: string;
}

/** What a model is for, and so which endpoints it serves. */
export type ModelType = "chat" | "completion" | "embedding" | "moderation";

export type Modality = "text" | "image" | "audio" | "video" | "file" | "embedding";
export type Feature = "streaming" | "tools" | "json_object" | "json_schema" | "reasoning" | "logprobs" | "prompt";

export interface ProviderEntry {
  /** Its `provider` name in requests. */
  name: string;
  /** The gateway's service binding to its relay. */
  binding: "CF_AI" | "OPENAI_RELAY" | "GEMINI_RELAY";
  /** Which of the relay's configured upstreams; absent for the provider that the relay is named after. */
  upstream?: string;
  /**
   * Short names → model ids; these names keep working for good. `default` is
   * for requests that name no model: only an owner's upstream may lack it.
   */
  aliases: { readonly default?: string } & Readonly<Record<string, string>>;
  /** Names that the relay itself turns into other ids; the gateway only tells of it. */
  renamedByRelay?: Readonly<Record<string, string>>;
  /** Types of models that it can be asked for here; it may have models of others. */
  serves: readonly ModelType[];
  /** Default models of the types that `aliases.default` cannot serve. */
  defaultModels?: Partial<Record<ModelType, string>>;
  /** Every model id of this provider begins so, registered or not: rule 4 of the route choice. */
  idPrefix?: string;
  /** Model ids that belong to this provider, registered or not: rule 6 of the route choice. */
  families: readonly RegExp[];
  models: readonly ModelEntry[];
  /** Takes several prompts of a completion in one request; elsewhere each prompt is a request of its own. */
  batchesPrompts?: boolean;
  /** Texts of one request for embeddings, where an API takes few; a longer list is several requests. */
  embeddingBatch?: (model: string) => number;
  /** Streams in JSON mode may be refused and are then asked for whole: two requests. */
  refusesJsonStreams?: boolean;
  /** Counts the tokens of a prompt itself: its relay is a TokenCounter. */
  countsTokens?: boolean;
  /** Its relay hands on any path of its API, bytes as they are. */
  passesThrough?: boolean;
  /** Its relay can ask it for the models that it has. */
  listsModels?: boolean;
  /** Its relay serves the upstreams that the owner configures, which speak the same API. */
  hostsUpstreams?: boolean;
}
