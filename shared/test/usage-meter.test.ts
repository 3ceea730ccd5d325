import { describe, expect, test } from "vitest";
import type { ChatEvent } from "../formats/chat-events.ts";
import { UsageMeter } from "../upstream/usage-meter.ts";

const counts = { promptTokens: 30, completionTokens: 20, cachedTokens: 10, reasoningTokens: 5 };
const call = { id: "c", kind: "function" as const, name: "find", arguments: '{"a":"bc"}' };

function meter(...events: ChatEvent[]): UsageMeter {
  const made = new UsageMeter(() => 7);
  for (const event of events) made.observe(event);
  return made;
}

describe("without the provider's counts", () => {
  test.each<[string, ChatEvent, object]>([
    ["text", { type: "text", choice: 0, text: "12345678" }, { completionTokens: 2, reasoningTokens: 0 }],
    ["reasoning", { type: "reasoning", choice: 0, text: "1234" }, { completionTokens: 1, reasoningTokens: 1 }],
    ["a call's name and arguments", { type: "tool_call", choice: 0, index: 0, call }, { completionTokens: 4 }],
    [
      "more arguments",
      { type: "tool_arguments", choice: 0, index: 0, kind: "function", text: "1234" },
      { completionTokens: 1 },
    ],
    ["a refusal of the provider's", { type: "refusal", choice: 0, text: "No." }, { completionTokens: 0 }],
    ["an image", { type: "image", choice: 0, url: "data:,", signature: undefined }, { completionTokens: 0 }],
  ])("%s is estimated", (_name, event, expected) => {
    const { estimated } = meter(event);
    expect(estimated).toBe(true);
    expect(meter(event).usage()).toMatchObject({ promptTokens: 7, ...expected });
  });

  test("text that is held back counts too", () => {
    expect(meter({ type: "text", choice: 0, text: "1234" }).usage("12345678").completionTokens).toBe(3);
  });

  test("the prompt is estimated once, and only when it is asked for", () => {
    let asked = 0;
    const made = new UsageMeter(() => ++asked);
    expect(asked).toBe(0);
    expect([made.usage().promptTokens, made.usage().promptTokens]).toEqual([1, 1]);
  });
});

describe("with the provider's counts", () => {
  test("they stand, whatever else has come, and the last ones count", () => {
    const counted = meter(
      { type: "text", choice: 0, text: "12345678" },
      { type: "usage", usage: { ...counts, completionTokens: 1 } },
      { type: "usage", usage: counts },
      { type: "text", choice: 0, text: "12345678" },
    );
    expect(counted.estimated).toBe(false);
    expect(counted.usage("held")).toEqual(counts);
  });
});
