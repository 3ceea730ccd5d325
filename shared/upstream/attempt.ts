import type { Failure, RelayRequest } from "../contract/relay.ts";
import { RequestClock } from "./clock.ts";
import type { KeyRing, ProviderKey } from "./keys.ts";
import { type FailedReply, failureReply } from "./reply.ts";

/** What a relay's method is told about its attempt; the requests of the contract have it. */
export type AttemptRequest = Pick<RelayRequest, "requestId" | "sessionId"> &
  Partial<Pick<RelayRequest, "traceparent" | "keySlot" | "keysTried" | "deadlines" | "cancelled">>;

/**
 * Runs a relay's method. What it throws becomes a failed attempt and never a broken RPC call, with the
 * key that was used and how many are left to try.
 */
export async function runAttempt<Reply extends object>(
  request: AttemptRequest,
  run: (attempt: Attempt) => Promise<Reply>,
): Promise<Reply | FailedReply> {
  const attempt = new Attempt(request);
  try {
    return withCount(await run(attempt), attempt);
  } catch (thrown) {
    return withCount(failureReply(thrown, attempt.keyFacts()), attempt);
  }
}

/** A reply says how many upstream requests there were, where it was more than one. */
function withCount<Reply extends object>(reply: Reply, { upstreamRequests }: Attempt): Reply {
  return upstreamRequests > 1 ? { ...reply, upstreamRequests } : reply;
}

/** One try of a relay at its provider: its clock, its upstream requests, and the key of them all. */
export class Attempt {
  readonly request: AttemptRequest;
  readonly clock: RequestClock;
  /** How many were sent so far. */
  upstreamRequests = 0;
  /** The key, once one was taken (provider-api.ts). */
  used: { ring: KeyRing; key: ProviderKey } | null = null;

  constructor(request: AttemptRequest) {
    this.request = request;
    this.clock = new RequestClock(request.deadlines);
  }

  /** The key that was used, and how many another attempt may still try; nothing when none was. */
  keyFacts(): Pick<Failure, "key" | "keysLeft"> {
    if (this.used === null) return {};
    const { ring, key } = this.used;
    return { key: key.place, keysLeft: ring.left(key, this.request, Date.now()) };
  }
}
