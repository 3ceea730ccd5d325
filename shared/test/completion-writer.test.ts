import { describe, expect, test } from "vitest";
import { ApiError } from "../errors.ts";
import { type ChatAnswer, collectAnswer } from "../formats/chat-answer.ts";
import type { ChatEvent, FinishReason, TextEvent } from "../formats/chat-events.ts";
import { readCompletionRequest } from "../formats/completion-request.ts";
import { CompletionStreamWriter, textCompletion } from "../formats/completion-writer.ts";

const envelope = { id: "cmpl-1", created: 7, model: "gemini-pro" };
const usage = { promptTokens: 1, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0 };

const text = (said: string, choice = 0): TextEvent => ({ type: "text", choice, text: said });
const finish = (reason: FinishReason = "stop", choice = 0): ChatEvent => ({ type: "finish", choice, reason });

const scores = (...tokens: string[]) => ({
  content: tokens.map((token) => ({ token, logprob: -1, top_logprobs: [{ token, logprob: -1 }] })),
});

describe("a whole completion", () => {
  const plan = readCompletionRequest('{"prompt":["a","b"],"n":2,"echo":true}');
  const answer = (said: string): ChatAnswer =>
    collectAnswer([text(said), finish(), { type: "refusal", choice: 1, text: "no" }, finish("tool_calls", 1)]);

  test("joins the answers of all prompts with indexes that go on, echo and summed usage", () => {
    expect(textCompletion(plan, [answer("x"), answer("y")], usage, envelope)).toEqual({
      id: "cmpl-1",
      object: "text_completion",
      created: 7,
      model: "gemini-pro",
      choices: [
        { index: 0, text: "ax", finish_reason: "stop", logprobs: null },
        { index: 1, text: "ano", finish_reason: "stop", logprobs: null },
        { index: 2, text: "by", finish_reason: "stop", logprobs: null },
        { index: 3, text: "bno", finish_reason: "stop", logprobs: null },
      ],
      usage: expect.objectContaining({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }),
    });
  });

  test.each<[FinishReason, FinishReason]>([
    ["tool_calls", "stop"],
    ["function_call", "stop"],
    ["length", "length"],
    ["content_filter", "content_filter"],
  ])("the finish reason %s is %s, and reasoning stays beside the text", (given, finish_reason) => {
    const one = readCompletionRequest('{"prompt":"a"}');
    const reasoned = collectAnswer([{ type: "reasoning", choice: 0, text: "Hm" }, text("x"), finish(given)]);
    expect(textCompletion(one, [reasoned], null, envelope)["choices"]).toStrictEqual([
      { text: "x", index: 0, logprobs: null, finish_reason, reasoning_content: "Hm" },
    ]);
  });

  test("without counts has no usage", () => {
    expect(textCompletion(plan, [answer("x")], null, envelope)).not.toHaveProperty("usage");
  });

  test("log probabilities come in a completion's four lists, offsets after the echo", () => {
    const one = readCompletionRequest('{"prompt":"ab","echo":true,"logprobs":1}');
    const scored = collectAnswer([{ ...text("Hi!"), logprobs: scores("Hi", "!") }, finish()]);
    expect(textCompletion(one, [scored], null, envelope)).toMatchObject({
      choices: [
        {
          logprobs: {
            tokens: ["Hi", "!"],
            token_logprobs: [-1, -1],
            top_logprobs: [{ Hi: -1 }, { "!": -1 }],
            text_offset: [2, 4],
          },
        },
      ],
    });
  });
});

interface Chunk {
  id: string;
  object: string;
  choices: {
    text: string;
    index: number;
    finish_reason: string | null;
    logprobs: { tokens: string[]; text_offset: number[] } | null;
  }[];
  usage?: unknown;
}

/** The chunks of a stream; `answers` are those of the plan's prompts, in order. */
function write(prompt: string[], answers: ChatEvent[][], includeUsage = false): Chunk[] {
  const plan = readCompletionRequest(JSON.stringify({ prompt, echo: true }));
  const writer = new CompletionStreamWriter(plan, envelope, includeUsage);
  let sse = "";
  for (const [at, events] of answers.entries()) {
    if (at > 0) writer.nextAnswer();
    for (const event of events) sse += writer.write(event);
  }
  sse += writer.end(usage);
  const events = sse.split("\n\n").filter((event) => event !== "");
  expect(events.at(-1)).toBe("data: [DONE]");
  return events.slice(0, -1).map((event) => JSON.parse(event.slice("data: ".length)));
}

describe("a streamed completion", () => {
  test("of several prompts is one stream: one id, indexes that go on, echo first, one usage", () => {
    const chunks = write(
      ["p", "q"],
      [
        [text("one"), text("two"), finish()],
        [text("three"), finish()],
      ],
      true,
    );
    for (const { id, object } of chunks) expect({ id, object }).toEqual({ id: "cmpl-1", object: "text_completion" });
    expect(chunks).toMatchObject([
      { choices: [{ index: 0, text: "pone" }], usage: null },
      { choices: [{ index: 0, text: "two", finish_reason: null }] },
      { choices: [{ index: 0, text: "", finish_reason: "stop" }] },
      { choices: [{ index: 1, text: "qthree" }] },
      { choices: [{ index: 1, text: "", finish_reason: "stop" }], usage: null },
      { choices: [], usage: { total_tokens: 3 } },
    ]);
  });

  test("has no usage unless asked for", () => {
    expect(JSON.stringify(write(["p"], [[text("one"), finish()]]))).not.toContain("usage");
  });

  test("has every token that the whole answer has, at the same place, whether or not text came with it", () => {
    const plan = readCompletionRequest('{"prompt":"ab","echo":true}');
    const events: ChatEvent[] = [
      { ...text("a"), logprobs: scores("a") },
      { type: "logprobs", choice: 0, logprobs: scores("\n") },
      { ...text("\nb!"), logprobs: scores("b", "!") },
      finish(),
    ];
    const choices = write(["ab"], [events]).flatMap((chunk) => chunk.choices);
    expect(textCompletion(plan, [collectAnswer(events)], null, envelope)["choices"]).toMatchObject([
      {
        text: choices.map((choice) => choice.text).join(""),
        logprobs: {
          tokens: choices.flatMap(({ logprobs }) => logprobs?.tokens ?? []),
          text_offset: choices.flatMap(({ logprobs }) => logprobs?.text_offset ?? []),
        },
      },
    ]);
  });

  test("leaves out what a completion has no place for", () => {
    const call = { id: "c", kind: "function" as const, name: "f", arguments: "{}" };
    const events: ChatEvent[] = [{ type: "tool_call", choice: 0, index: 0, call }, finish("tool_calls")];
    expect(write(["p"], [events])).toMatchObject([{ choices: [{ text: "p", finish_reason: "stop" }] }]);
  });

  test("ends with an error as OpenAI's streams do", () => {
    const writer = new CompletionStreamWriter(readCompletionRequest('{"prompt":"a"}'), envelope, false);
    expect(writer.fail(new ApiError({ status: 502, message: "Gone." }))).toBe(
      'data: {"error":{"message":"Gone.","type":"upstream_error","param":null,"code":"upstream_error"}}\n\n',
    );
  });
});
