import type { StreamEnd, WholeReply } from "@ai-proxy/shared/contract/relay";
import type { Usage } from "@ai-proxy/shared/formats/usage";

/** What the stages of a request have found out, each its part. */
export interface Outcome {
  /** Model id that the client wrote. */
  modelAsked?: string | null;
  /** The client asked for a stream. */
  stream?: boolean;
  /** Whose answer it is, or would have been. */
  provider?: string;
  /** Model id that answered, or was to answer. */
  modelUsed?: string | null;
  /** Every try at a target, in the order in which they ended. */
  attempts?: readonly AttemptOutcome[];
  errorCode?: string | null;
  /** Of the answer that the client got; a stream's stands in its end. */
  usage?: CountedUsage | null;
  /** Log id at Cloudflare's AI Gateway. */
  gatewayLogId?: string | null;
  /** Settles when a streamed answer has ended; never rejects. */
  streamEnd?: Promise<StreamEnd>;
}

/** One try at a target, as it ended. */
export interface AttemptOutcome {
  provider: string;
  model: string;
  /** "ok" (it is the answer), "hedged out", "aborted", or the failure's condition. */
  outcome: string;
  /** The provider's own status, where one came. */
  status: number | null;
  /** Milliseconds from its start to its answer or failure. */
  ms: number;
  /** Requests that it made at the provider, where its relay tells. */
  upstreamRequests?: number | undefined;
  /** Null when not known. A dropped attempt tells later; that of the answer stands in the request's outcome. */
  usage: CountedUsage | null | Promise<CountedUsage | null>;
}

/** Tokens that were used, and whether the count is the mesh's own estimate. */
export interface CountedUsage {
  usage: Usage;
  estimated: boolean;
}

/** The usage that a reply or the end of a stream tells. */
export function countedUsage(told: Pick<WholeReply, "usage" | "usageEstimated">): CountedUsage | null {
  return told.usage === null ? null : { usage: told.usage, estimated: told.usageEstimated ?? false };
}

/** An error on its way to the edge, with what was known of the request when it was thrown. */
export class FailedRequest extends Error {
  readonly outcome: Outcome;

  constructor(cause: unknown, outcome: Outcome) {
    super("a request failed", { cause });
    this.outcome = outcome;
  }
}

/** The work's result. An error that it throws takes along what is known; what the work knows better wins. */
export async function withKnown<Result>(known: Outcome, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof FailedRequest) throw new FailedRequest(thrown.cause, { ...known, ...thrown.outcome });
    throw new FailedRequest(thrown, known);
  }
}
