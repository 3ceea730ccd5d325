import type { ApiError } from "@ai-proxy/shared/errors";
import { errorEvent } from "@ai-proxy/shared/formats/error-body";
import { isDone, SSE_DONE, sseTextEvent } from "@ai-proxy/shared/formats/sse";
import type { Usage } from "@ai-proxy/shared/formats/usage";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { cutError, emptyCompletion } from "@ai-proxy/shared/upstream/reply";
import type { StreamConverter } from "@ai-proxy/shared/upstream/stream";
import { AnswerQuirks } from "./answer-quirks.ts";
import { objectMembers, objectSplices, spliced } from "./json-edit.ts";
import type { Quirks } from "./quirks.ts";
import type { StreamMeter } from "./stream-meter.ts";

export interface EditedStreamOptions {
  provider: string;
  meter: StreamMeter;
  /** The relay asked for usage where the client did not: what was added for it goes. */
  dropUsage: boolean;
  quirks: Quirks;
  /** Another attempt waits: an answer with nothing in it is a failure. */
  fallbackWaiting: boolean;
}

const USAGE = new Set(["usage"]);

/**
 * A stream that cannot pass untouched: usage that only the relay asked for is
 * taken out (the chunk with `choices: []`, and the `usage` that an upstream
 * asked for it has on every other chunk), so that the client gets what it would
 * get from the provider; and the upstream's quirks are applied. Events are
 * edited as text; what is not edited keeps its bytes.
 */
export class EditedStream implements StreamConverter {
  readonly #options: EditedStreamOptions;
  readonly #answerQuirks: AnswerQuirks | null;
  #doneSent = false;

  constructor(options: EditedStreamOptions) {
    this.#options = options;
    this.#answerQuirks = AnswerQuirks.needed(options.quirks, "stream") ? new AnswerQuirks(options.quirks) : null;
  }

  push(data: string): string {
    const { provider, meter, dropUsage } = this.#options;
    if (this.#doneSent) return "";
    if (isDone(data)) {
      meter.read(data);
      this.#doneSent = true;
      return SSE_DONE;
    }
    // The connection broke inside of it: end() knows whether the answer was whole.
    if ("[DONE]".startsWith(data.trim())) return "";
    const chunk = tryParseJson(data);
    // Half an event, or nothing that a client could read.
    if (!isObject(chunk)) throw cutError(provider);
    meter.readChunk(chunk);
    if (meter.error !== null) throw meter.error;
    const hasUsage = dropUsage && chunk["usage"] !== undefined;
    if (hasUsage && isOnlyUsage(chunk)) return "";
    return sseTextEvent(this.#edited(data, hasUsage));
  }

  end(): string {
    const { provider, meter, fallbackWaiting } = this.#options;
    if (!meter.complete) throw cutError(provider);
    if (fallbackWaiting && meter.saidNothing) throw emptyCompletion(provider);
    return this.#doneSent ? "" : SSE_DONE;
  }

  fail(error: ApiError): string {
    return errorEvent(error);
  }

  /** After [DONE] nothing is waited for: some servers keep the connection. */
  get finished(): boolean {
    return this.#doneSent;
  }

  get complete(): boolean {
    return this.#options.meter.complete;
  }

  get contentSeen(): boolean {
    return this.#options.meter.contentSeen;
  }

  get usage(): Usage {
    return this.#options.meter.usage;
  }

  get usageEstimated(): boolean {
    return this.#options.meter.usageEstimated;
  }

  get servedModel(): string | undefined {
    return this.#options.meter.servedModel;
  }

  #edited(data: string, hasUsage: boolean): string {
    if (!hasUsage && this.#answerQuirks === null) return data;
    const members = objectMembers(data);
    const splices = hasUsage ? objectSplices(data, members, { remove: USAGE }) : [];
    if (this.#answerQuirks !== null) splices.push(...this.#answerQuirks.splices(data, members));
    return spliced(data, splices);
  }
}

/** What every chunk of OpenAI's has; `obfuscation` pads its length. */
const ENVELOPE: ReadonlySet<string> = new Set([
  "id",
  "object",
  "created",
  "model",
  "system_fingerprint",
  "service_tier",
  "obfuscation",
  "choices",
  "usage",
]);

/**
 * The chunk that `include_usage` adds, and nothing else in it. OpenAI's first chunk behind Azure has no choices either,
 * but no usage; llama.cpp's has its `timings` beside the usage (ggml-org/llama.cpp tools/server/README.md).
 */
function isOnlyUsage(chunk: JsonObject): boolean {
  const { usage, choices } = chunk;
  if (!isObject(usage) || (Array.isArray(choices) && choices.length > 0)) return false;
  return Object.entries(chunk).every(([name, value]) => value === null || ENVELOPE.has(name));
}
