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
  #completion = 0;
  #reasoning = 0;

  /** @param estimatePrompt called at most once, and only when the provider does not count */
  constructor(estimatePrompt: () => number) {
    let prompt: number | undefined;
    this.#estimatePrompt = () => {
      prompt ??= estimatePrompt();
      return prompt;
    };
  }

  /** Takes the provider's own counts, if there are any; the last ones count. */
  report(usage: Usage | null): void {
    this.#reported = usage ?? this.#reported;
  }

  /** The provider's own counts, or null while there are none. */
  get reported(): Usage | null {
    return this.#reported;
  }

  /** Text that was generated, piece by piece. */
  wrote(text: string): void {
    if (this.#reported === null) this.#completion += estimateTokens(text);
  }

  reasoned(text: string): void {
    if (this.#reported !== null) return;
    const tokens = estimateTokens(text);
    this.#completion += tokens;
    this.#reasoning += tokens;
  }

  get estimated(): boolean {
    return this.#reported === null;
  }

  get usage(): Usage {
    return (
      this.#reported ?? {
        promptTokens: this.#estimatePrompt(),
        completionTokens: this.#completion,
        cachedTokens: 0,
        reasoningTokens: this.#reasoning,
      }
    );
  }
}
