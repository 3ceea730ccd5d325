import type { ChatEvent } from "../formats/chat-events.ts";
import type { Usage } from "../formats/usage.ts";
import { estimateTokens } from "./estimate.ts";

/**
 * The tokens of one answer: what the provider counted, else an estimate by the
 * script of the text. Some models give no counts at all, and a stream that was
 * aborted or cut ends before they come.
 */
export class UsageMeter {
  readonly #estimatePrompt: () => number;
  #reported: Usage | null = null;
  #promptTokens: number | undefined;
  #completionTokens = 0;
  #reasoningTokens = 0;

  /** @param estimatePrompt called at most once, and only when the provider does not count */
  constructor(estimatePrompt: () => number) {
    this.#estimatePrompt = estimatePrompt;
  }

  observe(event: ChatEvent): void {
    if (event.type === "usage") this.#reported = event.usage;
    else if (this.#reported === null) this.#estimate(event);
  }

  /** No counts of the provider's have come. */
  get estimated(): boolean {
    return this.#reported === null;
  }

  /** @param held text that was generated and is in no event yet */
  usage(held = ""): Usage {
    if (this.#reported !== null) return this.#reported;
    this.#promptTokens ??= this.#estimatePrompt();
    return {
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens + estimateTokens(held),
      cachedTokens: 0,
      reasoningTokens: this.#reasoningTokens,
    };
  }

  #estimate(event: ChatEvent): void {
    switch (event.type) {
      case "text":
      case "tool_arguments":
        this.#completionTokens += estimateTokens(event.text);
        break;
      case "reasoning": {
        const tokens = estimateTokens(event.text);
        this.#completionTokens += tokens;
        this.#reasoningTokens += tokens;
        break;
      }
      case "tool_call":
        this.#completionTokens += estimateTokens(event.call.name + event.call.arguments);
        break;
      default:
      // Nothing else is text that the model has generated.
    }
  }
}
