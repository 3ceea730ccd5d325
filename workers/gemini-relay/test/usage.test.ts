import { toOpenAIUsage } from "@ai-proxy/shared/formats/usage";
import { describe, expect, test } from "vitest";
import { mergeReports, readUsage } from "../src/usage.ts";

const read = (metadata: object) => readUsage({ ...metadata });

describe("usage", () => {
  test.each([
    ["text", { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 }, [3, 2, 0, 0]],
    [
      "thoughts are completion and reasoning",
      { promptTokenCount: 10, candidatesTokenCount: 5, thoughtsTokenCount: 20, totalTokenCount: 35 },
      [10, 25, 0, 20],
    ],
    [
      "thoughts that candidates include are not added twice",
      { promptTokenCount: 10, candidatesTokenCount: 25, thoughtsTokenCount: 20, totalTokenCount: 35 },
      [10, 25, 0, 20],
    ],
    [
      "thoughts that are fewer than the candidates and beside them",
      { promptTokenCount: 10, candidatesTokenCount: 25, thoughtsTokenCount: 20, totalTokenCount: 55 },
      [10, 45, 0, 20],
    ],
    [
      "an answer of thoughts only",
      { promptTokenCount: 10, thoughtsTokenCount: 20, totalTokenCount: 30 },
      [10, 20, 0, 20],
    ],
    ["candidates left out", { promptTokenCount: 10, totalTokenCount: 14 }, [10, 4, 0, 0]],
    [
      "cached tokens are part of the prompt, once",
      { promptTokenCount: 100, cachedContentTokenCount: 80, candidatesTokenCount: 1, totalTokenCount: 101 },
      [100, 1, 80, 0],
    ],
    [
      "the prompts of tools are prompt",
      { promptTokenCount: 10, toolUsePromptTokenCount: 7, candidatesTokenCount: 1, totalTokenCount: 18 },
      [17, 1, 0, 0],
    ],
  ])("%s", (_, metadata, [promptTokens, completionTokens, cachedTokens, reasoningTokens]) => {
    const usage = read(metadata);
    expect(usage).toEqual({ promptTokens, completionTokens, cachedTokens, reasoningTokens });
    expect(toOpenAIUsage(usage).total_tokens).toBe(metadata.totalTokenCount);
  });

  test("audio is told apart where Gemini does", () => {
    const metadata = {
      promptTokenCount: 10,
      promptTokensDetails: [
        { modality: "TEXT", tokenCount: 3 },
        { modality: "AUDIO", tokenCount: 7 },
      ],
      candidatesTokenCount: 4,
      candidatesTokensDetails: [{ modality: "AUDIO", tokenCount: 4 }],
      totalTokenCount: 14,
    };
    expect(toOpenAIUsage(read(metadata))).toMatchObject({
      prompt_tokens_details: { audio_tokens: 7 },
      completion_tokens_details: { audio_tokens: 4 },
    });
  });

  test("of a stream's reports the last counts; one without the prompt adds to those before", () => {
    const first = { promptTokenCount: 5, candidatesTokenCount: 1, totalTokenCount: 6, thoughtsTokenCount: 9 };
    expect(mergeReports(first, { promptTokenCount: 5, candidatesTokenCount: 3, totalTokenCount: 8 })).toEqual({
      promptTokenCount: 5,
      candidatesTokenCount: 3,
      totalTokenCount: 8,
    });
    expect(mergeReports(null, { candidatesTokenCount: 3 })).toEqual({ candidatesTokenCount: 3 });
    expect(mergeReports(first, { candidatesTokenCount: 3 })).toEqual({ ...first, candidatesTokenCount: 3 });
  });
});
