import { describe, expect, test } from "vitest";
import { addUsage, fromOpenAIUsage, toOpenAIUsage } from "../formats/usage.ts";

const usage = { promptTokens: 10, completionTokens: 5, cachedTokens: 4, reasoningTokens: 2 };
const openai = {
  prompt_tokens: 10,
  completion_tokens: 5,
  total_tokens: 15,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};

describe("usage", () => {
  test("is written as OpenAI writes it, audio where it was counted", () => {
    expect(toOpenAIUsage(usage)).toStrictEqual(openai);
    expect(toOpenAIUsage({ ...usage, promptAudioTokens: 3, completionAudioTokens: 1 })).toEqual({
      ...openai,
      prompt_tokens_details: { cached_tokens: 4, audio_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 2, audio_tokens: 1 },
    });
  });

  test.each([
    [openai, usage],
    [
      {
        input_tokens: 10,
        output_tokens: 5,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens_details: { reasoning_tokens: 2 },
      },
      usage,
    ],
    // xAI and Google's OpenAI endpoint count reasoning beside the completion.
    [{ ...openai, completion_tokens: 3 }, usage],
    [
      { ...openai, completion_tokens: 3, total_tokens: 13 },
      { ...usage, completionTokens: 3 },
    ],
    [
      { prompt_tokens: 138, completion_tokens: 24, total_tokens: 448 },
      { promptTokens: 138, completionTokens: 310, cachedTokens: 0, reasoningTokens: 0 },
    ],
    // What was read from a cache, as Moonshot and Together say it.
    [{ ...openai, prompt_tokens_details: null, cached_tokens: 4 }, usage],
    [{ ...openai, cached_tokens: 9 }, usage],
    [
      { prompt_tokens: 10, total_tokens: 12 },
      { ...usage, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 },
    ],
    [
      { completion_tokens: 5, total_tokens: 12 },
      { ...usage, promptTokens: 0, cachedTokens: 0, reasoningTokens: 0 },
    ],
    [
      { prompt_tokens: 0, completion_tokens: 0 },
      { promptTokens: 0, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 },
    ],
    [{ prompt_tokens: "10", completion_tokens: -1 }, null],
    [{}, null],
    ["10", null],
  ])("%j is read as %j", (given, read) => {
    expect(fromOpenAIUsage(given)).toEqual(read);
  });

  test("of several answers is their sum", () => {
    const audio = { ...usage, promptAudioTokens: 3 };
    expect(addUsage(usage, usage)).toStrictEqual({
      promptTokens: 20,
      completionTokens: 10,
      cachedTokens: 8,
      reasoningTokens: 4,
    });
    expect(addUsage(audio, usage)).toMatchObject({ promptAudioTokens: 3 });
    expect(addUsage(usage, { ...audio, completionAudioTokens: 1 })).toMatchObject({
      promptAudioTokens: 3,
      completionAudioTokens: 1,
    });
    expect(addUsage(usage, null)).toBe(usage);
    expect(addUsage(null, usage)).toBe(usage);
    expect(addUsage(null, null)).toBeNull();
  });
});
