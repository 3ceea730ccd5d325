import type { AttemptRecord } from "@ai-proxy/shared/contract/audit";
import { type Failure, isStreamReply, type RelayReply, type WholeReply } from "@ai-proxy/shared/contract/relay";
import { waitBefore } from "./backoff.ts";
import { ruleFor } from "./conditions.ts";
import { dropReply, lateReply, leftReply, unreachableReply } from "./failure-replies.ts";
import { type Plan, type PlannedAttempt, sameTarget, type Target } from "./plan.ts";

/** What an attempt is told beside its target. Milliseconds. */
export interface AttemptOptions {
  /** Another attempt may follow this one. */
  fallbackWaiting: boolean;
  /** One of them goes to another target. */
  otherTargetWaiting: boolean;
  keySlot: number;
  firstByteMs: number;
  /** Shorter than `totalMs` where another target is still to be tried. */
  contentMs: number;
  idleMs: number;
  totalMs: number;
  /** Resolves when the answer is no longer wanted; only where that can happen. */
  cancelled: (() => Promise<void>) | undefined;
}

/** The world as the loop sees it; tests bring their own. */
export interface ExecuteIo {
  /** Asks a relay. A rejection counts as a relay that cannot be reached. */
  call(target: Target, options: AttemptOptions): Promise<RelayReply>;
  now(): number;
  random(): number;
  timer(ms: number): Timer;
  /** Resolves when the client has left; never else. */
  clientLeft: Promise<void>;
  health: {
    began(target: Target): void;
    succeeded(target: Target): void;
    failed(target: Target, retryAfterMs: number | undefined): void;
    /** An attempt has ended without a word on how its target is. */
    unknown(target: Target): void;
  };
}

export interface Timer {
  /** Resolves when the time is over. */
  done: Promise<void>;
  stop(): void;
}

export interface Outcome {
  reply: RelayReply;
  /** Whose reply it is. */
  target: Target;
  /** All attempts, in the order in which they ended. */
  trail: AttemptRecord[];
}

/** A relay keeps its own deadlines; this much later the gateway stops waiting for it. Milliseconds. */
const GRACE_MS = 500;

/** Runs a plan to its answer: the first reply that is one, or the last failure. */
export async function execute(plan: Plan, io: ExecuteIo): Promise<Outcome> {
  const execution = new Execution(plan, io);
  try {
    return await execution.run();
  } finally {
    execution.stop();
  }
}

interface Running {
  attempt: PlannedAttempt;
  startedAt: number;
  settled: Promise<Settled>;
  cancel(): void;
}

interface Settled {
  running: Running;
  reply: RelayReply;
}

type Event = Settled | "hedge" | "left" | "late";

class Execution {
  readonly #plan: Plan;
  readonly #io: ExecuteIo;
  readonly #trail: AttemptRecord[] = [];
  readonly #running: Running[] = [];
  /** Attempts that were not begun yet. */
  #rest: PlannedAttempt[];
  readonly #deadline: number;
  readonly #keySlots = new Map<Target, number>();
  readonly #lastFailures = new Map<Target, { failure: Failure; at: number }>();
  readonly #timers: Timer[] = [];
  #last: { reply: WholeReply; target: Target } | null = null;

  constructor(plan: Plan, io: ExecuteIo) {
    this.#plan = plan;
    this.#io = io;
    this.#rest = [...plan.attempts];
    this.#deadline = io.now() + plan.totalMs;
  }

  async run(): Promise<Outcome> {
    const late = this.#after(this.#plan.totalMs + GRACE_MS, "late" as const);
    const left = this.#io.clientLeft.then(() => "left" as const);
    for (;;) {
      if (this.#running.length === 0) {
        const next = await this.#beginNext(left);
        if (next === "left") return this.#giveUp(leftReply(), "aborted");
        if (next === "none") return this.#failed();
      }
      const event = await this.#nextEvent(late, left);
      if (event === "hedge") this.#beginHedge();
      else if (event === "late") return this.#giveUp(lateReply(), "timeout");
      else if (event === "left") return this.#giveUp(leftReply(), "aborted");
      else if (this.#settle(event)) return this.#answered(event);
    }
  }

  #nextEvent(late: Promise<"late">, left: Promise<"left">): Promise<Event> {
    const events: Promise<Event>[] = [...this.#running.map((running) => running.settled), late, left];
    const { hedgeAfterMs } = this.#plan;
    const [only] = this.#running;
    if (hedgeAfterMs !== undefined && only !== undefined && this.#running.length === 1 && this.#hedge() !== undefined) {
      const wait = Math.max(0, only.startedAt + hedgeAfterMs - this.#io.now());
      events.push(this.#after(wait, "hedge" as const));
    }
    return Promise.race(events);
  }

  /** Begins the next attempt of the plan that still makes sense, after its wait. */
  async #beginNext(left: Promise<"left">): Promise<"begun" | "none" | "left"> {
    for (;;) {
      const attempt = this.#rest.shift();
      if (attempt === undefined) return "none";
      const wait = this.#waitFor(attempt);
      if (wait === null || this.#io.now() + wait >= this.#deadline) continue;
      if (wait > 0 && (await Promise.race([this.#after(wait, "waited" as const), left])) === "left") return "left";
      this.#begin(attempt);
      return "begun";
    }
  }

  #waitFor({ target }: PlannedAttempt): number | null {
    const last = this.#lastFailures.get(target);
    if (last === undefined || takesNextKey(last.failure)) return 0;
    const failures = this.#trail.filter(
      ({ provider, model }) => provider === target.provider.name && model === target.model,
    );
    // Other targets may have been asked since: that time has been waited.
    const waited = this.#io.now() - last.at;
    const asked = last.failure.retryAfterMs === undefined ? 0 : Math.max(0, last.failure.retryAfterMs - waited);
    const wait = waitBefore(failures.length, asked, this.#io.random());
    return wait === null ? null : Math.max(asked, wait - waited);
  }

  /** The next attempt of the plan that goes to another target than the one that runs. */
  #hedge(): PlannedAttempt | undefined {
    return this.#rest.find(
      ({ target, round }) => round === 1 && !this.#running.some(({ attempt }) => sameTarget(attempt.target, target)),
    );
  }

  #beginHedge(): void {
    const attempt = this.#hedge();
    if (attempt === undefined) return;
    this.#rest = this.#rest.filter((other) => other !== attempt);
    this.#begin(attempt);
  }

  #begin(attempt: PlannedAttempt): void {
    const { target } = attempt;
    const startedAt = this.#io.now();
    const totalMs = Math.max(1, this.#deadline - startedAt);
    const hedged = this.#plan.hedgeAfterMs !== undefined;
    const cancelled = hedged ? Promise.withResolvers<void>() : undefined;
    this.#io.health.began(target);
    const others = [...this.#rest, ...this.#running.map((running) => running.attempt)];
    const { contentMs, idleMs } = attempt.times;
    const firstByteMs = Math.min(attempt.times.firstByteMs, attempt.leavesTime ? totalMs / 2 : totalMs);
    const options: AttemptOptions = {
      fallbackWaiting: others.length > 0,
      otherTargetWaiting: others.some((other) => !sameTarget(other.target, target)),
      keySlot: this.#keySlots.get(target) ?? 0,
      firstByteMs,
      contentMs: contentMs === undefined ? totalMs : Math.min(contentMs, firstByteMs),
      idleMs,
      totalMs,
      cancelled: cancelled && (() => cancelled.promise),
    };
    // A call that cannot even begin is an attempt that failed, and must not leave another one running.
    const reply = Promise.try(() => this.#io.call(target, options));
    const running: Running = {
      attempt,
      startedAt,
      settled: reply.catch(unreachableReply).then((settled) => ({ running, reply: settled })),
      cancel: () => {
        cancelled?.resolve();
        void running.settled.then((settled) => dropReply(settled.reply));
      },
    };
    this.#running.push(running);
  }

  /** Takes note of how an attempt ended; true when its reply is the answer. */
  #settle({ running, reply }: Settled): boolean {
    this.#running.splice(this.#running.indexOf(running), 1);
    const { target } = running.attempt;
    const failure = isStreamReply(reply) ? undefined : reply.failure;
    this.#note(running, failure?.condition ?? "ok", failure);
    if (isStreamReply(reply) || failure === undefined) {
      this.#io.health.succeeded(target);
      return true;
    }
    const rule = ruleFor(failure.condition);
    if (rule.unhealthy) this.#io.health.failed(target, failure.retryAfterMs);
    else if (rule.well && failure.upstreamStatus !== undefined) this.#io.health.succeeded(target);
    else this.#io.health.unknown(target);
    this.#last = { reply, target };
    this.#lastFailures.set(target, { failure, at: this.#io.now() });
    this.#prune(running.attempt, failure);
    return false;
  }

  /** Drops what makes no sense any more from the rest of the plan. */
  #prune(attempt: PlannedAttempt, failure: Failure): void {
    const { target } = attempt;
    const rule = ruleFor(failure.condition);
    // Of two windows of which one is not known, the other may be the larger.
    const needed = failure.condition === "context_length" ? (target.contextWindow ?? 0) : 0;
    this.#rest = this.#rest.filter((other) =>
      sameTarget(other.target, target)
        ? rule.sameTarget
        : rule.otherTarget && (other.target.contextWindow ?? Number.POSITIVE_INFINITY) > needed,
    );
    if (!takesNextKey(failure)) return;
    // Another key costs no wait, so it comes before every other attempt; the plan grows no longer by it.
    this.#keySlots.set(target, (this.#keySlots.get(target) ?? 0) + 1);
    this.#rest.unshift({ ...attempt, round: attempt.round + 1, reason: "next key" });
    this.#rest.length = Math.min(
      this.#rest.length,
      this.#plan.attempts.length - this.#trail.length - this.#running.length,
    );
  }

  #answered({ reply, running }: Settled): Outcome {
    this.#dropRunning("hedged out");
    return { reply, target: running.attempt.target, trail: this.#trail };
  }

  #failed(): Outcome {
    if (this.#last === null) return { reply: leftReply(), target: this.#firstTarget(), trail: this.#trail };
    return { ...this.#last, trail: this.#trail };
  }

  #giveUp(reply: WholeReply, outcome: string): Outcome {
    const target = this.#running[0]?.attempt.target ?? this.#firstTarget();
    this.#dropRunning(outcome);
    return { reply, target, trail: this.#trail };
  }

  #dropRunning(outcome: string): void {
    for (const running of this.#running.splice(0)) {
      running.cancel();
      this.#io.health.unknown(running.attempt.target);
      this.#note(running, outcome, undefined);
    }
  }

  #note({ attempt: { target }, startedAt }: Running, outcome: string, failure: Failure | undefined): void {
    this.#trail.push({
      provider: target.provider.name,
      model: target.model,
      outcome,
      status: failure?.upstreamStatus ?? null,
      ms: this.#io.now() - startedAt,
    });
  }

  #firstTarget(): Target {
    const [first] = this.#plan.attempts;
    if (first === undefined) throw new Error("a plan has at least one attempt");
    return first.target;
  }

  async #after<Name extends string>(ms: number, name: Name): Promise<Name> {
    const timer = this.#io.timer(ms);
    this.#timers.push(timer);
    await timer.done;
    return name;
  }

  stop(): void {
    for (const timer of this.#timers) timer.stop();
  }
}

function takesNextKey(failure: Failure): boolean {
  return ruleFor(failure.condition).otherKey && (failure.keysLeft ?? 0) > 0;
}
