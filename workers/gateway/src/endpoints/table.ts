import type { ModelType } from "@ai-proxy/shared/registry/model";
import type { SchemaName } from "../request/schemas.ts";
import type { ModelMethod } from "../settings/env.ts";

// Every endpoint, a row each: the router, validation, planning, route-check and the tests of the docs read it.
// It is data only, so that route-check and Node can import it; `handlers.ts` has the code behind it.

/** Methods that an endpoint may take; HEAD goes where GET goes. */
export type Method = "GET" | "POST";

interface Shown {
  /** As itty-router writes it: ":id+" for an id that may hold slashes. */
  path: string;
  methods: readonly Method[];
  /** What it gives, in words for lists and errors: "moderations". */
  title: string;
  summary: string;
}

/** Nobody asks for a token here. */
export interface OpenEndpoint extends Shown {
  access: "anyone";
  handler: "health";
}

/** The gateway answers itself, or from another Worker than a relay. */
export interface OwnEndpoint extends Shown {
  access: "caller";
  handler: "tokenize" | "detokenize" | "listModels" | "getModel" | "modelOptions" | "routeCheck";
}

/** A model answers. */
export interface ModelEndpoint extends Shown {
  access: "caller";
  handler: "generate";
  methods: readonly ["POST"];
  /** How its body is validated. */
  schema: SchemaName;
  /** What kind of model answers. It says which providers can be asked, and for which default model. */
  kind: ModelType;
  /** The relays' method for it. */
  relayMethod: ModelMethod;
}

export type Endpoint = OpenEndpoint | OwnEndpoint | ModelEndpoint;

export const ENDPOINTS = {
  health: {
    path: "/health",
    methods: ["GET"],
    access: "anyone",
    handler: "health",
    title: "health",
    summary: "Liveness, without a token.",
  },
  chat: {
    path: "/v1/chat/completions",
    methods: ["POST"],
    access: "caller",
    handler: "generate",
    schema: "chat",
    kind: "chat",
    relayMethod: "chat",
    title: "chat completions",
    summary: "A chat, answered whole or as a stream.",
  },
  completions: {
    path: "/v1/completions",
    methods: ["POST"],
    access: "caller",
    handler: "generate",
    schema: "completion",
    kind: "completion",
    relayMethod: "completions",
    title: "completions",
    summary: "A prompt or several, completed whole or as a stream.",
  },
  embeddings: {
    path: "/v1/embeddings",
    methods: ["POST"],
    access: "caller",
    handler: "generate",
    schema: "embedding",
    kind: "embedding",
    relayMethod: "embeddings",
    title: "embeddings",
    summary: "A vector for each text.",
  },
  moderations: {
    path: "/v1/moderations",
    methods: ["POST"],
    access: "caller",
    handler: "generate",
    schema: "moderation",
    kind: "moderation",
    relayMethod: "moderations",
    title: "moderations",
    summary: "Whether a text or an image may do harm, and how.",
  },
  tokenize: {
    path: "/v1/tokenize",
    methods: ["POST"],
    access: "caller",
    handler: "tokenize",
    title: "tokens",
    summary: "Counts the tokens of a text, a prompt or a list of messages, and lists them on demand.",
  },
  detokenize: {
    path: "/v1/detokenize",
    methods: ["POST"],
    access: "caller",
    handler: "detokenize",
    title: "texts of tokens",
    summary: "Token ids back to text.",
  },
  models: {
    path: "/v1/models",
    methods: ["GET"],
    access: "caller",
    handler: "listModels",
    title: "models",
    summary: "Every id and alias that `model` may be.",
  },
  model: {
    path: "/v1/models/:id+",
    methods: ["GET"],
    access: "caller",
    handler: "getModel",
    title: "one model",
    summary: "One entry of that list.",
  },
  modelOptions: {
    path: "/v1/model-options",
    methods: ["GET"],
    access: "caller",
    handler: "modelOptions",
    title: "model options",
    summary: "Providers, their aliases, and what is known of each model.",
  },
  routeCheck: {
    path: "/v1/route-check",
    methods: ["GET", "POST"],
    access: "caller",
    handler: "routeCheck",
    title: "route check",
    summary: "What would happen to a request; asks no provider.",
  },
} as const satisfies Record<string, Endpoint>;

export const endpoints: readonly Endpoint[] = Object.values(ENDPOINTS);

/** The endpoints that a model answers. */
export const modelEndpoints: readonly ModelEndpoint[] = endpoints.filter((endpoint) => endpoint.handler === "generate");
