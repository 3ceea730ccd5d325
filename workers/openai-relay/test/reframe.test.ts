import { describe, expect, test } from "vitest";
import { answerOfStream, isEventStream, streamOfAnswer } from "../src/reframe.ts";
import { StreamMeter } from "../src/stream-meter.ts";

const envelope = { id: "chatcmpl-made", created: 7, model: "asked" };
const CHAT = "/chat/completions";
const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const events = (text: string) => [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => data);
const chunks = (text: string) =>
  events(text)
    .slice(0, -1)
    .map((data) => JSON.parse(data ?? ""));
const sse = (...all: (object | string)[]) =>
  all.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");

function joined(body: string, endpoint: typeof CHAT | "/completions" = CHAT) {
  const meter = new StreamMeter("vendor", 20);
  return { answer: JSON.parse(answerOfStream(body, endpoint, { provider: "vendor", meter, envelope })), meter };
}

test.each([
  ["data: {}\n\n", true],
  ["\n\nevent: x\ndata: {}", true],
  [": ping\n\n", true],
  ["id: 1\ndata: {}", true],
  ['{"data: x": 1}', false],
  ["data", false],
  ["<html>", false],
  ["", false],
])("%j is a stream of events: %s", (body, expected) => {
  expect(isEventStream(body)).toBe(expected);
});

describe("a whole answer where a stream was asked for", () => {
  const answer = (message: object, finish_reason = "stop") => ({
    id: "c",
    object: "chat.completion",
    created: 1,
    model: "m-1",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }],
    usage,
  });

  test("comes as chunks with one id and model, the role first, the finish, the usage and [DONE]", () => {
    const text = streamOfAnswer(answer({ content: "Hi" }), CHAT, envelope);
    const head = { id: "c", object: "chat.completion.chunk", created: 1, model: "m-1" };
    const choice = (delta: object, finish_reason: string | null) => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      usage: null,
    });
    expect(chunks(text)).toEqual([
      choice({ role: "assistant", content: "Hi" }, null),
      choice({}, "stop"),
      { ...head, choices: [], usage: expect.objectContaining(usage) },
    ]);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  test("with tool calls, each with its index", () => {
    const tool_calls = ["a", "b"].map((id) => ({ id, type: "function", function: { name: "f", arguments: "{}" } }));
    const text = streamOfAnswer(answer({ content: null, tool_calls }, "tool_calls"), CHAT, envelope);
    const deltas = chunks(text).flatMap(({ choices }) => choices.map((choice: { delta: object }) => choice.delta));
    expect(deltas).toEqual([
      { role: "assistant", content: null, tool_calls: [{ index: 0, ...tool_calls[0] }] },
      { tool_calls: [{ index: 1, ...tool_calls[1] }] },
      {},
    ]);
  });

  test("with reasoning, and what vendors add", () => {
    const text = streamOfAnswer(answer({ content: "Hi", reasoning: "hm", images: [{ url: "x" }] }), CHAT, envelope);
    const deltas = chunks(text).flatMap(({ choices }) => choices.map((choice: { delta: object }) => choice.delta));
    expect(deltas).toEqual([
      { role: "assistant", content: null, reasoning_content: "hm" },
      { content: "Hi" },
      { images: [{ url: "x" }] },
      {},
    ]);
  });

  test("without counts has no chunk of usage, without an id the relay's", () => {
    const text = streamOfAnswer({ choices: [{ message: { content: "Hi" }, finish_reason: "stop" }] }, CHAT, envelope);
    expect(chunks(text)).toHaveLength(2);
    expect(chunks(text)[0]).toMatchObject({ id: "chatcmpl-made", created: 7, model: "asked" });
  });

  test("of completions is one chunk, then the usage", () => {
    const choices = [{ index: 0, text: "Hi", logprobs: null, finish_reason: "stop" }];
    const whole = { id: "c", object: "text_completion", created: 1, model: "m", choices };
    expect(chunks(streamOfAnswer({ ...whole, usage }, "/completions", envelope))).toEqual([
      whole,
      { ...whole, choices: [], usage },
    ]);
  });
});

describe("a stream where a whole answer was asked for", () => {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id: "c",
    object: "chat.completion.chunk",
    created: 1,
    model: "m-1",
    choices: [{ index: 0, delta, finish_reason }],
  });
  const role = chunk({ role: "assistant", content: "" });

  test("comes as one chat.completion", () => {
    const body = sse(
      role,
      chunk({ content: "H" }),
      chunk({ content: "i" }),
      chunk({}, "stop"),
      { choices: [], usage },
      "[DONE]",
    );
    const { answer, meter } = joined(body);
    expect(answer).toEqual({
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "m-1",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hi", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: expect.objectContaining(usage),
    });
    expect(meter).toMatchObject({ usage: { promptTokens: 9 }, usageEstimated: false });
  });

  test("with calls, whose arguments came in pieces", () => {
    const body = sse(
      chunk({ role: "assistant", tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: "{" } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: "}" } }] }),
      chunk({}, "tool_calls"),
      "[DONE]",
    );
    const { answer, meter } = joined(body);
    expect(answer.choices[0]).toMatchObject({
      message: { content: null, tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }] },
      finish_reason: "tool_calls",
    });
    expect(answer.usage).toBeUndefined();
    expect(meter.usageEstimated).toBe(true);
  });

  test("without [DONE] is whole after its finish, and without both was broken off", () => {
    expect(joined(sse(chunk({ content: "Hi" }), chunk({}, "stop"))).answer.choices[0].message.content).toBe("Hi");
    expect(() => joined(sse(chunk({ content: "Hi" })))).toThrow(
      expect.objectContaining({ status: 502, code: "upstream_stream_cut" }),
    );
  });

  test("that reports an error is that error", () => {
    const body = sse(chunk({ content: "Hi" }), { error: { message: "busy", code: 503 } });
    expect(() => joined(body)).toThrow(expect.objectContaining({ message: "busy", condition: "overloaded" }));
  });

  test.each([": ping\n\n", "data: [DONE]\n\n", "data: x\n\n"])("of nothing is no answer: %j", (body) => {
    expect(() => joined(body)).toThrow(expect.objectContaining({ status: 502, condition: "invalid_response" }));
  });

  test("of completions is one text_completion", () => {
    const piece = (text: string, index: number, finish_reason: string | null = null) => ({
      id: "c",
      object: "text_completion",
      created: 1,
      model: "m",
      choices: [{ index, text, logprobs: null, finish_reason }],
      usage: null,
    });
    const body = sse(
      piece("H", 0),
      piece("A", 1),
      piece("i", 0, "stop"),
      piece("", 1, "length"),
      { choices: [], usage },
      "[DONE]",
    );
    expect(joined(body, "/completions").answer).toEqual({
      id: "c",
      object: "text_completion",
      created: 1,
      model: "m",
      choices: [
        { index: 0, text: "Hi", logprobs: null, finish_reason: "stop" },
        { index: 1, text: "A", logprobs: null, finish_reason: "length" },
      ],
      usage,
    });
  });
});
