import type { RelayRequest } from "@ai-proxy/shared/contract/relay";
import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { ApiError, badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { RequestClock } from "@ai-proxy/shared/upstream/clock";
import type { StreamDeadlines } from "@ai-proxy/shared/upstream/watchdog";
import { STREAM_REFUSED } from "./errors.ts";
import { type GatewaySettings, runOptions } from "./options.ts";
import { type AiBinding, type ModelAnswer, runModel } from "./run.ts";

/** Models whose JSON mode has refused to stream, as far as this isolate knows. */
const wholeOnly = new Set<string>();

/** One request of the gateway's, on its way to a model. */
export class Call {
  readonly request: RelayRequest;
  /** The request's JSON text. */
  readonly text: string;
  readonly body: JsonObject;
  readonly startedAt = Date.now();
  readonly waitUntil: (promise: Promise<unknown>) => void;
  readonly #clock: RequestClock;
  readonly #ai: AiBinding;
  readonly #settings: GatewaySettings;

  constructor(
    request: RelayRequest,
    world: { ai: AiBinding; settings: GatewaySettings; waitUntil: (promise: Promise<unknown>) => void },
  ) {
    this.request = request;
    this.#clock = new RequestClock(request.deadlines);
    this.text = bodyText(request.body);
    const body = tryParseJson(this.text);
    if (!isObject(body)) throw badRequest("The body must be a JSON object.");
    this.body = body;
    this.waitUntil = world.waitUntil;
    this.#ai = world.ai;
    this.#settings = world.settings;
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
    const { request } = this;
    return runModel(this.#ai, {
      model: request.model,
      inputs,
      options: runOptions(request, this.body["prompt_cache_key"], this.#settings),
      firstByteMs: this.#clock.leftMs(),
      cancelled,
    });
  }

  /** Deadlines of a stream that begins now. */
  streamDeadlines(): StreamDeadlines {
    return this.#clock.stream();
  }
}
