/** Token counts of one request, in the words of the audit record; all are numbers of tokens. */
export interface Usage {
  promptTokens: number;
  /** All that was generated, reasoning included, so that prompt + completion is the total. */
  completionTokens: number;
  /** Part of promptTokens that was read from the provider's prompt cache. */
  cachedTokens: number;
  /** Part of completionTokens that was reasoning. */
  reasoningTokens: number;
  /** Part of promptTokens that was audio, where the provider says so. */
  promptAudioTokens?: number;
  /** Part of completionTokens that was audio, where the provider says so. */
  completionAudioTokens?: number;
}
