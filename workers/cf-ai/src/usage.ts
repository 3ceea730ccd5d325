import { estimateTokens } from "@ai-proxy/shared/estimate";
import type { JsonObject } from "@ai-proxy/shared/json";
import { fromOpenAIUsage, type Usage } from "@ai-proxy/shared/usage";

/**
 * The tokens of one answer: what the model counted, else an estimate by the
 * script of the text (shared/estimate.ts). Old native models and streams that
 * were aborted give no counts; Kimi has given `usage` full of nulls.
 */
export class UsageMeter {
  readonly #estimatePrompt: () => number;
  #reported: Usage | null = null;
  #completion = 0;
  #reasoning = 0;

  /** @param estimatePrompt called at most once, and only when the model does not count */
  constructor(estimatePrompt: () => number) {
    let prompt: number | undefined;
    this.#estimatePrompt = () => {
      prompt ??= estimatePrompt();
      return prompt;
    };
  }

  /** Takes the counts of an answer or chunk, if it has any; the last ones count. */
  read(output: JsonObject): void {
    this.#reported = fromOpenAIUsage(output["usage"]) ?? this.#reported;
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
