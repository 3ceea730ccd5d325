import type { RelayRequest } from "@ai-proxy/shared/contract/relay";
import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import type { Attempt } from "@ai-proxy/shared/upstream/attempt";
import type { StreamDeadlines } from "@ai-proxy/shared/upstream/watchdog";
import { STREAM_REFUSED } from "./errors.ts";
import { type GatewaySettings, runOptions } from "./options.ts";
import { type AiBinding, type ModelAnswer, runModel } from "./run.ts";

/** Models whose JSON mode has refused to stream, as far as this isolate knows. */
const wholeOnly = new Set<string>();

/** What the Worker has beside the request. */
export interface World {
  ai: AiBinding;
  settings: GatewaySettings;
  waitUntil(promise: Promise<unknown>): void;
}

/** An attempt at a request: the runs of its model. */
export class ModelAttempt {
  readonly request: RelayRequest;
  /** The request's JSON text. */
  readonly text: string;
  readonly body: JsonObject;
  readonly startedAt = Date.now();
  readonly waitUntil: (promise: Promise<unknown>) => void;
  readonly attempt: Attempt;
  readonly #world: World;

  constructor(request: RelayRequest, attempt: Attempt, world: World) {
    this.request = request;
    this.attempt = attempt;
    this.text = bodyText(request.body);
    const body = tryParseJson(this.text);
    if (!isObject(body)) throw badRequest("The body must be a JSON object.");
    this.body = body;
    this.waitUntil = world.waitUntil;
    this.#world = world;
  }

  /** Seconds since the epoch. */
  get created(): number {
    return Math.floor(this.startedAt / 1000);
  }

  /**
   * Runs the model with these inputs, within what is left of the time for a first byte. A stream that its JSON mode
   * refuses, as that of native models does, is asked for whole. Sources: workers-ai/features/json-mode (2026-09);
   * cloudflare/agents issue 1685.
   * @param cancelled drops the run when it resolves
   */
  async run(inputs: JsonObject, cancelled = this.request.cancelled): Promise<ModelAnswer> {
    const { model } = this.request;
    if (inputs["stream"] !== true || inputs["response_format"] === undefined) return this.#run(inputs, cancelled);
    const { stream: _, stream_options: __, ...whole } = inputs;
    if (wholeOnly.has(model)) return this.#run(whole, cancelled);
    try {
      return await this.#run(inputs, cancelled);
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.code !== STREAM_REFUSED) throw thrown;
      wholeOnly.add(model);
      return this.#run(whole, cancelled);
    }
  }

  #run(inputs: JsonObject, cancelled: RelayRequest["cancelled"]): Promise<ModelAnswer> {
    const { ai, settings } = this.#world;
    this.attempt.upstreamRequests++;
    return runModel(ai, {
      model: this.request.model,
      inputs,
      options: runOptions(this.request, this.body["prompt_cache_key"], settings),
      firstByteMs: this.attempt.clock.leftMs(),
      cancelled,
      budget: this.attempt.budget,
    });
  }

  /** Deadlines of a stream that begins now. */
  streamDeadlines(): StreamDeadlines {
    return this.attempt.clock.stream();
  }
}
