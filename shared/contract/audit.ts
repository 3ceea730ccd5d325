/**
 * What the gateway puts on the audit queue. No prompt, answer, key or token is
 * ever part of it. Fields may be added; none may change or go: messages of an
 * older gateway wait in the queue while the audit Worker is replaced.
 */
export interface AuditMessage {
  v: 1;
  /** Requests that ended together share a message; at least one. */
  records: AuditRecord[];
}

export interface AuditRecord {
  /** Made by the gateway, one a request: the primary key, so that a redelivery writes nothing twice. */
  record_id: string;
  /** What the client knows the request by. It may choose it, and choose it twice. */
  request_id: string;
  /** Start, milliseconds since the epoch. */
  time: number;
  session_id: string;
  /** "external" for token callers, the binding's `props.caller` for trusted Workers. */
  caller: string;
  /** Pathname of the route: "/v1/chat/completions". */
  route: string;
  method: string;
  provider: string | null;
  model_asked: string | null;
  model_used: string | null;
  attempts: number;
  status: number;
  error_code: string | null;
  stream: boolean;
  /** How a stream ended; null for whole answers. */
  stream_end: "complete" | "cut" | "aborted" | null;
  /** Milliseconds from the start to the first byte of the answer, and to its end. */
  first_byte_ms: number | null;
  total_ms: number;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  cached_tokens: number | null;
  reasoning_tokens: number | null;
  /** The counts are the gateway's own estimate. */
  usage_estimated: boolean;
  /** Log id at Cloudflare's AI Gateway. */
  gateway_log_id: string | null;
  /** Every attempt, hedged ones included, in the order in which they ended. */
  trail: AttemptRecord[];
}

export interface AttemptRecord {
  provider: string;
  model: string;
  /** "ok", "hedged out" (another attempt answered first), "aborted" (the caller left), or the failure's condition. */
  outcome: string;
  /** The provider's own status, where one came. */
  status: number | null;
  /** Milliseconds from the attempt's start to its answer or failure. */
  ms: number;
  /** Tokens that the attempt used, whoever got its answer; absent when they are not known. */
  prompt_tokens?: number;
  completion_tokens?: number;
  cached_tokens?: number;
  reasoning_tokens?: number;
  /** The counts are an estimate of the mesh's own; absent together with them. */
  usage_estimated?: boolean;
  /** Requests that the attempt made at the provider, where its relay tells. */
  upstream_requests?: number;
}

/** RPC of the audit Worker: reads, for the gateway and for operators' Workers. */
export interface AuditReader {
  /** The newest record with this request id, or null when none was written (yet). */
  get(requestId: string): Promise<AuditRecord | null>;
  /** A page of records, newest first. */
  list(query?: AuditQuery): Promise<AuditRecord[]>;
}

export interface AuditQuery {
  /** Records of a page: at most 1,000, 100 by default. */
  limit?: number;
  /** Only records earlier than this `time`. To page on: the `time` of the last record that was read, with `beforeId`. */
  before?: number;
  /** `record_id` of the last record that was read: others of its millisecond are on the next page then. */
  beforeId?: string;
  /** Only records of this session. */
  sessionId?: string;
}
