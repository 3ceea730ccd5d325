import { describe, expect, test } from "vitest";
import { collectAnswer } from "../formats/chat-answer.ts";
import type { ChatEvent } from "../formats/chat-events.ts";
import { ChatReader } from "../formats/chat-reader.ts";
import { chatCompletion } from "../formats/chat-writer.ts";
import type { JsonObject } from "../json.ts";

const envelope = { id: "chatcmpl-1", created: 7, model: "m" };
const delta = (said: object, finish_reason: string | null = null, index = 0) => ({
  choices: [{ index, delta: said, finish_reason }],
});

function read(...chunks: JsonObject[]): ChatEvent[] {
  const reader = new ChatReader();
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
}

/** Without the envelope. */
const said = (...chunks: JsonObject[]) => read(...chunks).filter(({ type }) => type !== "begun");
const completion = (...chunks: JsonObject[]) => chatCompletion(collectAnswer(read(...chunks)), envelope);
const message = (...chunks: JsonObject[]) => collectAnswer(read(...chunks)).choices[0];

describe("a chunk's events", () => {
  test.each([
    [{ role: "assistant", content: "" }, [{ type: "text", text: "" }]],
    [{ content: "Hi" }, [{ type: "text", text: "Hi" }]],
    [{ content: null }, []],
    [{ content: { a: 1 } }, [{ type: "text", text: '{"a":1}' }]],
    [{ reasoning_content: "hm" }, [{ type: "reasoning", text: "hm" }]],
    [{ reasoning: "hm", reasoning_content: null }, [{ type: "reasoning", text: "hm" }]],
    [{ reasoning: "hm", reasoning_content: "hm" }, [{ type: "reasoning", text: "hm" }]],
    [
      {
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
          { type: "text", text: "Hi" },
        ],
      },
      [
        { type: "reasoning", text: "hm" },
        { type: "text", text: "Hi" },
      ],
    ],
    [{ refusal: "no", content: null }, [{ type: "refusal", text: "no" }]],
    [{}, []],
  ])("%j", (given, events) => {
    expect(said(delta(given))).toEqual(events.map((event) => ({ ...event, choice: 0 })));
  });

  test.each([
    ["stop", "stop"],
    ["length", "length"],
    ["tool_calls", "tool_calls"],
    ["function_call", "function_call"],
    ["content_filter", "content_filter"],
    ["model_length", "length"],
    ["max_tokens", "length"],
    ["sensitive", "content_filter"],
    ["eos", "stop"],
  ])("finish reason %s is %s", (reason, expected) => {
    expect(said(delta({}, reason))).toEqual([{ type: "finish", choice: 0, reason: expected }]);
  });

  test("an empty finish reason is none", () => {
    expect(said(delta({}, ""))).toEqual([]);
  });

  test("usage, and what stands beside the choices", () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2 };
    expect(
      read(
        { id: "x", created: 1, model: "m-1", system_fingerprint: "fp", service_tier: null, ...delta({}) },
        { choices: [], usage },
      ),
    ).toEqual([
      { type: "begun", id: "x", created: 1, servedModel: "m-1", members: { system_fingerprint: "fp" } },
      { type: "usage", usage: { promptTokens: 3, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0 } },
    ]);
    expect(read(delta({}), { choices: [], timings: { ms: 1 } })).toEqual([
      { type: "begun", members: {} },
      { type: "begun", members: { timings: { ms: 1 } } },
    ]);
  });

  test("log probabilities go with the text, or alone", () => {
    const logprobs = { content: [{ token: "Hi" }] };
    const choice = (rest: object) => ({ choices: [{ index: 0, logprobs, ...rest }] });
    expect(said(choice({ delta: { content: "Hi" } }))).toEqual([{ type: "text", choice: 0, text: "Hi", logprobs }]);
    expect(said(choice({ delta: {} }))).toEqual([{ type: "logprobs", choice: 0, logprobs }]);
  });

  test.each([{}, { choices: null }, { choices: [null, 1] }, { choices: [{ delta: 7, index: "x" }] }])(
    "%j says nothing",
    (chunk) => {
      expect(said(chunk)).toEqual([]);
    },
  );
});

describe("tool calls", () => {
  const call = (rest: object, fn: object = {}) => delta({ tool_calls: [{ ...rest, function: fn }] });
  const calls = (...chunks: JsonObject[]) =>
    message(...chunks)?.toolCalls.map((one) => [one.id, one.name, one.arguments]);

  test("in pieces, by their index", () => {
    expect(
      calls(
        call({ index: 0, id: "a", type: "function" }, { name: "f", arguments: "" }),
        call({ index: 1, id: "b" }, { name: "g", arguments: "[" }),
        call({ index: 0 }, { arguments: "{}" }),
        call({ index: 1 }, { arguments: "]" }),
      ),
    ).toEqual([
      ["a", "f", "{}"],
      ["b", "g", "[]"],
    ]);
  });

  test("from an index that does not begin at 0", () => {
    expect(calls(call({ index: 3, id: "a" }, { name: "f" }))).toEqual([["a", "f", ""]]);
  });

  test("without an index, by id and name", () => {
    expect(
      calls(
        call({ id: "a" }, { name: "f", arguments: "{" }),
        call({}, { arguments: "}" }),
        call({ id: "a" }, { arguments: " " }),
        call({ id: "b" }, { name: "g" }),
        call({}, { name: "h" }),
      ),
    ).toEqual([
      ["a", "f", "{} "],
      ["b", "g", ""],
      ["call_0_2", "h", ""],
    ]);
  });

  test("of a whole message are each one of its own, and may have arguments that are objects", () => {
    const tool_calls = [
      { id: "", type: "function", function: { name: "f", arguments: { a: 1 } } },
      { id: "x", type: "function", function: { name: "f", arguments: "{}" }, extra_content: { google: 1 } },
      { id: "x", type: "custom", custom: { name: "q", input: "text" } },
    ];
    const whole = { choices: [{ index: 0, message: { content: null, tool_calls }, finish_reason: "tool_calls" }] };
    expect(message(whole)?.toolCalls).toEqual([
      { id: "call_0_0", kind: "function", name: "f", arguments: '{"a":1}' },
      { id: "x", kind: "function", name: "f", arguments: "{}", extraContent: { google: 1 } },
      { id: "x", kind: "custom", name: "q", arguments: "text" },
    ]);
  });
});

test("what has no event of its own goes on from chunk to chunk and comes before the finish", () => {
  expect(
    said(
      delta({ function_call: { name: "f", arguments: "{" }, annotations: [{ url: 1 }] }),
      delta({ function_call: { arguments: "}" }, annotations: [{ url: 2 }], audio: null }),
      delta({}, "function_call"),
    ),
  ).toEqual([
    {
      type: "members",
      choice: 0,
      members: { function_call: { name: "f", arguments: "{}" }, annotations: [{ url: 1 }, { url: 2 }] },
      says: true,
    },
    { type: "finish", choice: 0, reason: "function_call" },
  ]);
  expect(said(delta({ annotations: [] })).at(-1)).toMatchObject({ type: "members", says: false });
});

test("a whole chat.completion comes back as it was", () => {
  const answer = {
    id: "chatcmpl-9",
    object: "chat.completion",
    created: 5,
    model: "m",
    system_fingerprint: "fp",
    choices: [0, 1].map((index) => ({
      index,
      message: {
        role: "assistant",
        content: "Hi",
        refusal: null,
        reasoning_content: "hm",
        tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
        annotations: [],
      },
      logprobs: { content: [{ token: "Hi" }] },
      finish_reason: "stop",
    })),
    usage: {
      prompt_tokens: 3,
      completion_tokens: 2,
      total_tokens: 5,
      prompt_tokens_details: { cached_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 1 },
    },
  };
  expect(completion(answer)).toEqual(answer);
});
