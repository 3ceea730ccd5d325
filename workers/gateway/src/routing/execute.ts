import { type Failure, isStreamReply, type RelayReply, type WholeReply } from "@ai-proxy/shared/contract/relay";
import { type AttemptOutcome, countedUsage } from "../record/outcome.ts";
import { waitBefore } from "./backoff.ts";
import { ruleFor } from "./conditions.ts";
import { type AttemptDeadlines, deadlinesOf, GRACE_MS } from "./deadlines.ts";
import { type StartTimer, usageOfDropped } from "./dropped-replies.ts";
import { clientLeftReply, deadlineReply, unreachableReply } from "./gateway-failures.ts";
import { type KeyChoice, KeysTried, takesNextKey } from "./keys-tried.ts";
import { type Plan, type PlannedAttempt, sameTarget, type Target } from "./plan.ts";

/** What an attempt is told beside its target. */
export interface AttemptOptions extends KeyChoice {
  /** Another attempt may follow this one. */
  fallbackWaiting: boolean;
  /** One of them goes to another target. */
  otherTargetWaiting: boolean;
  deadlines: AttemptDeadlines;
  /** Resolves when the answer is no longer wanted; only where that can happen. */
  cancelled: (() => Promise<void>) | undefined;
}

/** The world as the loop sees it; tests bring their own. */
export interface ExecuteIo {
  /** Asks a relay. A rejection counts as a relay that cannot be reached. */
  ask(target: Target, options: AttemptOptions): Promise<RelayReply>;
  now(): number;
  random(): number;
  timer: StartTimer;
  /** Resolves when the client has left, and only then. */
  clientLeft: Promise<void>;
  health: TargetHealth;
}

/** Is told how targets do. */
export interface TargetHealth {
  began(target: Target): void;
  succeeded(target: Target): void;
  failed(target: Target, retryAfterMs: number | undefined): void;
  /** An attempt has ended, and said nothing of how its target is. */
  unknown(target: Target): void;
}

export interface Executed {
  reply: RelayReply;
  /** Whose reply it is. */
  target: Target;
  /** All attempts, in the order in which they ended. */
  attempts: AttemptOutcome[];
}

/** Runs a plan to its answer: the first reply that is one, or the last failure. */
export async function execute(plan: Plan, io: ExecuteIo): Promise<Executed> {
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
  reply: Promise<RelayReply>;
  settled: Promise<Settled>;
  /** Tells the relay to stop; undefined where it cannot be told. */
  cancel: (() => void) | undefined;
}

interface Settled {
  running: Running;
  reply: RelayReply;
}

type Event = Settled | "hedge" | "left" | "late";

class Execution {
  readonly #plan: Plan;
  readonly #io: ExecuteIo;
  readonly #ended: AttemptOutcome[] = [];
  readonly #running: Running[] = [];
  /** Attempts that were not begun yet. */
  #rest: PlannedAttempt[];
  readonly #deadline: number;
  readonly #keys = new KeysTried();
  readonly #lastFailures = new Map<Target, { failure: Failure; at: number }>();
  readonly #timers: ReturnType<StartTimer>[] = [];
  #last: { reply: WholeReply; target: Target } | null = null;

  constructor(plan: Plan, io: ExecuteIo) {
    this.#plan = plan;
    this.#io = io;
    this.#rest = [...plan.attempts];
    this.#deadline = io.now() + plan.totalMs;
  }

  async run(): Promise<Executed> {
    const late = this.#after(this.#plan.totalMs + GRACE_MS, "late" as const);
    const left = this.#io.clientLeft.then(() => "left" as const);
    for (;;) {
      if (this.#running.length === 0) {
        const next = await this.#beginNext(left);
        if (next === "left") return this.#giveUp(clientLeftReply(), "aborted");
        if (next === "none") return this.#failed();
      }
      const event = await this.#nextEvent(late, left);
      if (event === "hedge") this.#beginHedge();
      else if (event === "late") return this.#giveUp(deadlineReply(), "timeout");
      else if (event === "left") return this.#giveUp(clientLeftReply(), "aborted");
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
    const failures = this.#ended.filter(
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
    const { target, deadlines } = attempt;
    const startedAt = this.#io.now();
    const hedged = this.#plan.hedgeAfterMs !== undefined;
    const cancelled = hedged ? Promise.withResolvers<void>() : undefined;
    this.#io.health.began(target);
    const others = [...this.#rest, ...this.#running.map((running) => running.attempt)];
    const options: AttemptOptions = {
      fallbackWaiting: others.length > 0,
      otherTargetWaiting: others.some((other) => !sameTarget(other.target, target)),
      ...this.#keys.of(target.provider.name),
      deadlines: deadlinesOf(deadlines, this.#deadline - startedAt),
      cancelled: cancelled && (() => cancelled.promise),
    };
    // What `ask` throws at once is a failed attempt too: others may be running.
    const reply = Promise.try(() => this.#io.ask(target, options)).catch(unreachableReply);
    const running: Running = {
      attempt,
      startedAt,
      reply,
      settled: reply.then((settled) => ({ running, reply: settled })),
      cancel: cancelled && (() => cancelled.resolve()),
    };
    this.#running.push(running);
  }

  /** Takes note of how an attempt ended. True when its reply is the answer. */
  #settle({ running, reply }: Settled): boolean {
    this.#running.splice(this.#running.indexOf(running), 1);
    const { target } = running.attempt;
    const failure = isStreamReply(reply) ? undefined : reply.failure;
    this.#note(running, {
      outcome: failure?.condition ?? "ok",
      status: failure?.upstreamStatus ?? null,
      upstreamRequests: reply.upstreamRequests,
      usage: isStreamReply(reply) ? null : countedUsage(reply),
    });
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
    this.#keys.failed(target.provider.name, failure);
    this.#prune(running.attempt, failure);
    return false;
  }

  /** Drops what makes no sense any more from the rest of the plan. */
  #prune(attempt: PlannedAttempt, failure: Failure): void {
    const { target } = attempt;
    const rule = ruleFor(failure.condition);
    // A window that is not known may be the larger one.
    const needed = failure.condition === "context_length" ? (target.contextWindow ?? 0) : 0;
    this.#rest = this.#rest.filter((other) =>
      sameTarget(other.target, target)
        ? rule.sameTarget
        : rule.otherTarget && (other.target.contextWindow ?? Number.POSITIVE_INFINITY) > needed,
    );
    if (!takesNextKey(failure)) return;
    // Another key costs no wait, so it comes first. It takes the place of a planned attempt.
    this.#rest.unshift({ ...attempt, round: attempt.round + 1, reason: "next key" });
    this.#rest.length = Math.min(
      this.#rest.length,
      this.#plan.attempts.length - this.#ended.length - this.#running.length,
    );
  }

  #answered({ reply, running }: Settled): Executed {
    this.#dropRunning("hedged out");
    return { reply, target: running.attempt.target, attempts: this.#ended };
  }

  #failed(): Executed {
    if (this.#last === null) return { reply: clientLeftReply(), target: this.#firstTarget(), attempts: this.#ended };
    return { ...this.#last, attempts: this.#ended };
  }

  #giveUp(reply: WholeReply, outcome: string): Executed {
    const target = this.#running[0]?.attempt.target ?? this.#firstTarget();
    this.#dropRunning(outcome);
    return { reply, target, attempts: this.#ended };
  }

  #dropRunning(outcome: string): void {
    for (const running of this.#running.splice(0)) {
      this.#io.health.unknown(running.attempt.target);
      this.#note(running, { outcome, status: null, usage: this.#drop(running) });
    }
  }

  /** Drops an attempt that runs; what it has used is learnt later. */
  #drop({ cancel, reply }: Running): AttemptOutcome["usage"] {
    cancel?.();
    return usageOfDropped(reply, this.#io.timer);
  }

  #note(
    { attempt: { target }, startedAt }: Running,
    ending: Pick<AttemptOutcome, "outcome" | "status" | "usage" | "upstreamRequests">,
  ): void {
    const ms = this.#io.now() - startedAt;
    this.#ended.push({ provider: target.provider.name, model: target.model, ms, ...ending });
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
