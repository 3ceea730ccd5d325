import type { Condition } from "../errors.ts";
import type { Usage } from "../formats/usage.ts";

/**
 * What the gateway and a relay say to each other. Every relay is a
 * WorkerEntrypoint whose default export has these methods. Workers are deployed
 * at different times: a field may be added here, none may change or go.
 */
export interface Relay {
  /** POST /v1/chat/completions */
  chat(request: RelayRequest): Promise<RelayReply>;
  /** POST /v1/completions; a relay whose provider has no such API answers through a chat. */
  completions(request: RelayRequest): Promise<RelayReply>;
  /** POST /v1/embeddings */
  embeddings(request: RelayRequest): Promise<RelayReply>;
}

/** A relay whose provider counts tokens itself; the gateway asks it for exact counts. */
export interface TokenCounter {
  /** Counts the prompt (messages, tools) of a chat request, without an answer being generated. */
  countTokens(request: RelayRequest): Promise<TokenCountReply>;
}

/** Either `totalTokens` (status 200), or `body` and `failure`. */
export interface TokenCountReply {
  status: number;
  totalTokens?: number;
  /** OpenAI's error object as JSON text. */
  body?: string;
  failure?: Failure;
}

/** What a relay of an OpenAI-compatible API can do beyond a Relay. */
export interface OpenAIRelay extends Relay {
  /** POST /v1/moderations */
  moderations(request: RelayRequest): Promise<RelayReply>;
  /** Any other path of the provider's API: bytes as they are, both ways. */
  passthrough(request: PassthroughRequest): Promise<RelayReply>;
  /** What an upstream itself lists at GET /models; empty when it cannot say. Never rejects. */
  models(request: ModelsRequest): Promise<ListedModel[]>;
  /** What is configured, without a call to the provider and without a secret. */
  status(): Promise<RelayStatus>;
}

/** A request that the gateway's owner allows through without a route of its own. */
export interface PassthroughRequest {
  method: string;
  /** Below /v1, as the client wrote it: "/responses", "/files/file-1/content". */
  path: string;
  /** Query with its "?", or "". */
  search: string;
  /** Null for a method without a body. */
  body: string | Uint8Array | null;
  /** Content type of the body, as the client sent it. */
  contentType?: string;
  /** Content encoding of the body, which passes as the bytes that it is. */
  contentEncoding?: string;
  /** The client's `openai-beta`: APIs in beta want it. */
  beta?: string;
  requestId: string;
  sessionId: string;
  upstream?: string;
  traceparent?: string;
  keySlot?: number;
  deadlines?: Deadlines;
}

export interface ModelsRequest {
  requestId: string;
  sessionId: string;
  upstream?: string;
}

/** An entry of OpenAI's model list; what a provider leaves out is absent. */
export interface ListedModel {
  id: string;
  created?: number;
  owned_by?: string;
}

/** The body fields that are the gateway's and not OpenAI's: no provider gets them. */
export const EXTENSION_FIELDS = ["provider", "fallbacks", "routing"] as const;

export interface RelayRequest {
  /**
   * The client's OpenAI request as JSON text, EXTENSION_FIELDS included. As
   * UTF-8 bytes when the text is large: RPC carries 32 MiB a call, and a string
   * that holds one character beyond Latin-1 takes two bytes for each. Read it
   * with `bodyText`.
   */
  body: string | Uint8Array;
  /** Model id for the provider: an alias is already resolved. */
  model: string;
  /** Model that the client asked for; it is what answers carry. */
  requestedModel: string;
  requestId: string;
  sessionId: string;
  /** The client asked for SSE. */
  stream: boolean;
  /** The client asked for `stream_options.include_usage`. */
  includeUsage: boolean;
  /** Name among the relay's configured upstreams, for a relay that has several. */
  upstream?: string;
  /** W3C trace context to send on. */
  traceparent?: string;
  /** How many keys of this provider were already refused for this request: the relay takes the next one. */
  keySlot?: number;
  /** Places, from 0, of the keys that earlier attempts of this request used at this provider. */
  keysTried?: readonly number[];
  deadlines?: Deadlines;
  /**
   * Another attempt waits behind this one. A stream is then answered only once
   * its first real content has come (text, reasoning, a tool call, a refusal);
   * what fails before is a WholeReply with `failure`.
   */
  fallbackWaiting?: boolean;
  /**
   * An attempt that waits behind this one, or runs beside it, goes to another
   * provider or model. A provider that can refuse at once instead of queueing
   * is then told to; before a mere retry its queue is the better place to wait.
   */
  otherTargetWaiting?: boolean;
  /** Resolves when the gateway no longer wants the answer (a hedged attempt lost); given only where that can happen. */
  cancelled?: () => Promise<void>;
}

/** Milliseconds; absent means the relay's default. */
export interface Deadlines {
  /** From the call to the provider until its first byte of body (stream) or its whole answer. */
  firstByteMs?: number;
  /**
   * Likewise until the first content of a stream that is held for it, whatever else has come. Absent from a gateway that
   * does not know it yet, which counts on `firstByteMs` for that.
   */
  contentMs?: number;
  /** Between two chunks of a stream. */
  idleMs?: number;
  /** For all of it. */
  totalMs?: number;
}

export type RelayReply = WholeReply | StreamReply;

/** A complete answer, or a failure: plain data. */
export interface WholeReply {
  status: number;
  /** Headers for the client, lower-case; always with content-type. */
  headers: Record<string, string>;
  /** In OpenAI's shape; on a failure OpenAI's error object. A stream where the answer is too large for one RPC call. */
  body: string | Uint8Array | ReadableStream<Uint8Array>;
  usage: Usage | null;
  /** The counts are ours, not the provider's. */
  usageEstimated?: boolean;
  /** Model version that served, where the provider says so. */
  servedModel?: string;
  /** Log id at Cloudflare's AI Gateway. */
  gatewayLogId?: string;
  /** Requests that the attempt made at the provider; absent: one, or not known. */
  upstreamRequests?: number;
  /** Set if and only if the attempt failed. */
  failure?: Failure;
}

/** Why an attempt failed, for routing; what the client sees is in the reply's status and body. */
export interface Failure {
  condition: Condition;
  code: string | null;
  upstreamStatus?: number;
  /** How long the provider asks to wait, milliseconds. */
  retryAfterMs?: number;
  /** Keys of this provider that another attempt at this request may still try. */
  keysLeft?: number;
  /** Place, from 0, of the key that the failed attempt used. */
  key?: number;
}

/** An answer that streams. Holds stubs: the gateway disposes it once `usage()` has settled. */
export interface StreamReply {
  /** SSE in OpenAI's shape, status 200. */
  response: Response;
  /** Requests that the attempt made at the provider until the stream began; absent: one, or not known. */
  upstreamRequests?: number;
  /** Settles once the stream has ended, however it ended; never rejects. */
  usage(): Promise<StreamEnd>;
  /** Drops the upstream request; `usage()` then settles as aborted. */
  cancel(): void;
}

export interface StreamEnd {
  /** complete: the provider ended it; cut: it broke off or timed out; aborted: the client or the gateway left. */
  end: "complete" | "cut" | "aborted";
  usage: Usage | null;
  usageEstimated: boolean;
  /** Code of the error event that the client got, if it got one. */
  errorCode?: string | null;
  servedModel?: string;
  gatewayLogId?: string;
}

export interface RelayStatus {
  /** Names that `provider` may have for this relay, beyond its own; empty for a relay of one provider. */
  upstreams: UpstreamStatus[];
  /** Whether requests can be served: a key, or the AI binding, is there. */
  configured: boolean;
  /** Why the list of upstreams cannot be read, in words that name the setting; absent when it can. */
  problem?: string;
}

export interface UpstreamStatus {
  name: string;
  configured: boolean;
  /** Absent when a request has to name its model. */
  defaultModel?: string;
  /** Names that the relay itself turns into other ids. */
  models?: Record<string, string>;
}

/** A stream carries functions and a Response; a whole answer has a status. */
export function isStreamReply(reply: RelayReply): reply is StreamReply {
  return "response" in reply;
}
