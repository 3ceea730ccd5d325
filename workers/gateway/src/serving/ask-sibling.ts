import { unlessLeft } from "../request/client-left.ts";
import { workerTimeout, workerUnavailable } from "../routing/gateway-failures.ts";

/** One question to another Worker of the mesh, outside of the loop of attempts, which has deadlines of its own. */
export interface SiblingQuestion<Reply> {
  worker: "relay" | "tokenizer";
  /** Sends the question; undefined for a Worker that has no such method. */
  ask(): Promise<unknown> | undefined;
  /** Whether the reply is one. */
  isReply(value: unknown): value is Reply;
  /** Milliseconds. */
  timeoutMs: number;
}

/**
 * The reply of another Worker. Throws 502 when it cannot be reached or does not
 * answer with a reply, 504 when it does not answer in time, and 499 as soon as
 * the client has left.
 */
export async function askSibling<Reply>(
  request: Request,
  { worker, ask, isReply, timeoutMs }: SiblingQuestion<Reply>,
): Promise<Reply> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(workerTimeout(worker)), timeoutMs);
  try {
    const reply = await unlessLeft(request, Promise.race([asked(worker, ask), late]));
    if (isReply(reply)) return reply;
    throw workerUnavailable(worker, new TypeError("the reply is none"));
  } finally {
    clearTimeout(timer);
  }
}

/** What goes wrong on the way is the Worker's failure; the promise of a stub may fail at once too. */
async function asked(worker: SiblingQuestion<unknown>["worker"], ask: () => Promise<unknown> | undefined) {
  try {
    return await ask();
  } catch (thrown) {
    throw workerUnavailable(worker, thrown);
  }
}
