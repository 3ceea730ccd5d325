import type { Failure, RelayReply, RelayRequest, TokenCountReply } from "../contract/relay.ts";
import { type CeilingSettings, type Ceilings, DEFAULT_CEILINGS, readCeilings } from "./ceilings.ts";
import { RequestClock } from "./clock.ts";
import { Exit } from "./exit.ts";
import type { KeyRing, ProviderKey } from "./keys.ts";
import { AnswerBudget } from "./read-stream.ts";
import { answerError, type FailedReply, failureReply } from "./reply.ts";

/** What a relay's method is told about its attempt; the requests of the contract have it. */
export type AttemptRequest = Pick<RelayRequest, "requestId" | "sessionId"> &
  Partial<Pick<RelayRequest, "traceparent" | "keySlot" | "keysTried" | "deadlines" | "cancelled">>;

/**
 * Runs a relay's method. What it throws becomes a failed attempt and never a broken RPC call, with the
 * key that was used and how many are left to try. Whatever it replies leaves by the attempt's exit.
 */
export async function runAttempt<Reply extends RelayReply | TokenCountReply>(
  request: AttemptRequest,
  run: (attempt: Attempt) => Promise<Reply>,
  settings: CeilingSettings = {},
): Promise<Reply | FailedReply> {
  const attempt = new Attempt(request);
  try {
    attempt.ceilings = readCeilings(settings);
    return attempt.leave(await run(attempt));
  } catch (thrown) {
    const cause = attempt.upstreamRequests > 0 ? answerError(thrown) : thrown;
    return attempt.leave(failureReply(attempt.exit.error(cause), attempt.keyFacts()));
  }
}

/** One try of a relay at its provider: its clock, its upstream requests and the key of them all, and the exit of all that it says. */
export class Attempt {
  readonly request: AttemptRequest;
  readonly clock: RequestClock;
  readonly exit = new Exit();
  /** Requests that were made at the provider. */
  upstreamRequests = 0;
  #ceilings = DEFAULT_CEILINGS;
  #budget = new AnswerBudget(DEFAULT_CEILINGS.answerBytes);
  /** The key, once one was taken (provider-api.ts). */
  used: { ring: KeyRing; key: ProviderKey } | null = null;

  constructor(request: AttemptRequest) {
    this.request = request;
    this.clock = new RequestClock(request.deadlines);
  }

  get ceilings(): Ceilings {
    return this.#ceilings;
  }

  set ceilings(ceilings: Ceilings) {
    this.#ceilings = ceilings;
    this.#budget = new AnswerBudget(ceilings.answerBytes);
  }

  /** For what is read whole of all its upstream requests together. */
  get budget(): AnswerBudget {
    return this.#budget;
  }

  /** The reply as it leaves the relay. */
  leave<Reply extends RelayReply | TokenCountReply>(reply: Reply): Reply {
    const known: RelayReply | TokenCountReply = reply;
    if (!("totalTokens" in known) && this.upstreamRequests > 1) {
      Object.assign(known, { upstreamRequests: this.upstreamRequests });
    }
    return this.exit.reply(reply);
  }

  /** The key that was used, and how many another attempt may still try; nothing when none was. */
  keyFacts(): Pick<Failure, "key" | "keysLeft"> {
    if (this.used === null) return {};
    const { ring, key } = this.used;
    return { key: key.place, keysLeft: ring.left(key, this.request, Date.now()) };
  }
}
