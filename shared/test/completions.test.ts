import { describe, expect, test } from "vitest";
import { ApiError, badRequest } from "../errors.ts";
import { mergeCompletions, readCompletionRequest } from "../formats/completions.ts";
import { CompletionStream, joinedCalls, type PromptCall, PromptsParser } from "../formats/completions-stream.ts";
import { SSE_DONE, SseParser, sseEvent } from "../formats/sse.ts";
import type { Usage } from "../formats/usage.ts";
import { isObject } from "../json.ts";
import type { StreamTranslator } from "../upstream/stream.ts";

const envelope = { id: "cmpl-1", created: 7, model: "gemini-pro" };

function refused(body: unknown): ApiError {
  try {
    readCompletionRequest(JSON.stringify(body));
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
  }
  throw new Error("was accepted");
}

describe("a /v1/completions request", () => {
  test("becomes one chat per prompt, with the fields a chat knows", () => {
    const plan = readCompletionRequest(
      JSON.stringify({ model: "m", prompt: ["a", "b"], n: 2, stop: "x", max_tokens: 5, logprobs: 2, echo: true }),
    );
    expect(plan.n).toBe(2);
    expect(plan.prompts.map((prompt) => prompt.echo)).toEqual(["a", "b"]);
    expect(JSON.parse(plan.prompts[1]?.chat ?? "")).toEqual({
      model: "m",
      n: 2,
      stop: "x",
      max_tokens: 5,
      logprobs: true,
      top_logprobs: 2,
      messages: [{ role: "user", content: "b" }],
    });
  });

  test.each([
    [{ prompt: [[1, 2]] }, "prompt[0]", "invalid_type"],
    [{ prompt: [1, 2, 3] }, "prompt[0]", "invalid_type"],
    [{ prompt: Array(33).fill(1) }, "prompt[0]", "invalid_type"],
    [{ prompt: Array(33).fill("a") }, "prompt", "array_above_max_length"],
    [{ prompt: [] }, "prompt", "invalid_type"],
    [{}, "prompt", "invalid_type"],
    [{ prompt: "a", suffix: "b" }, "suffix", "unsupported_parameter"],
    [{ prompt: "a", best_of: 3, n: 2 }, "best_of", "unsupported_value"],
    [{ prompt: "a", max_tokens: 0, echo: true }, "max_tokens", "unsupported_value"],
  ])("%j is refused with the field named", (body, param, code) => {
    expect(refused(body)).toMatchObject({ status: 400, param, code });
  });

  test("best_of equal to n, an empty suffix, nulls and 32 prompts are taken", () => {
    expect(readCompletionRequest('{"prompt":"a","best_of":1,"suffix":null,"echo":null}').prompts).toHaveLength(1);
    const most = { prompt: Array(32).fill("a"), suffix: "", best_of: null };
    expect(readCompletionRequest(JSON.stringify(most)).prompts).toHaveLength(32);
  });

  test.each([
    [null, {}],
    [0, { logprobs: true }],
    [3, { logprobs: true, top_logprobs: 3 }],
  ])("logprobs %j are a chat's %j", (logprobs, expected) => {
    const [prompt] = readCompletionRequest(JSON.stringify({ prompt: "a", logprobs })).prompts;
    expect(JSON.parse(prompt?.chat ?? "")).toEqual({ ...expected, messages: [{ role: "user", content: "a" }] });
  });
});

describe("a whole completion", () => {
  const plan = readCompletionRequest('{"prompt":["a","b"],"n":2,"echo":true}');
  const chat = (text: string) => ({
    choices: [
      { index: 0, message: { content: text }, finish_reason: "stop" },
      { index: 1, message: { content: null, refusal: "no" }, finish_reason: "tool_calls" },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 2 },
  });

  test("joins the answers of all prompts with indexes that go on, echo and summed usage", () => {
    const { body, usage } = mergeCompletions(plan, [chat("x"), chat("y")], envelope);
    expect(usage).toMatchObject({ promptTokens: 2, completionTokens: 4 });
    expect(body).toMatchObject({
      id: "cmpl-1",
      object: "text_completion",
      choices: [
        { index: 0, text: "ax", finish_reason: "stop", logprobs: null },
        { index: 1, text: "ano", finish_reason: "stop" },
        { index: 2, text: "by" },
        { index: 3, text: "bno" },
      ],
      usage: { total_tokens: 6 },
    });
  });

  test.each([
    ["tool_calls", "stop"],
    ["function_call", "stop"],
    ["length", "length"],
    [undefined, null],
  ])("the finish reason %s is %s, and reasoning stays beside the text", (given, finish_reason) => {
    const rows = ["Hm", "", null].map((reasoning_content) => ({
      message: { content: "x", reasoning_content },
      finish_reason: given,
    }));
    const { body } = mergeCompletions(readCompletionRequest('{"prompt":"a"}'), [{ choices: rows }], envelope);
    const choice = { text: "x", index: 0, logprobs: null, finish_reason };
    expect(body["choices"]).toStrictEqual([{ ...choice, reasoning_content: "Hm" }, choice, choice]);
  });

  test("an answer that is none is left out", () => {
    expect(mergeCompletions(plan, [undefined, chat("y")], envelope).body).toMatchObject({
      choices: [{ index: 2, text: "by" }, { index: 3 }],
    });
  });

  test("log probabilities come in a completion's four lists, offsets after the echo", () => {
    const one = readCompletionRequest('{"prompt":"ab","echo":true,"logprobs":1}');
    const content = [
      { token: "Hi", logprob: -1, top_logprobs: [{ token: "Hi", logprob: -1 }] },
      { token: "!", logprob: -2, top_logprobs: [] },
    ];
    const answer = {
      choices: [{ index: 0, message: { content: "Hi!" }, logprobs: { content }, finish_reason: "stop" }],
    };
    expect(mergeCompletions(one, [answer], envelope).body).toMatchObject({
      choices: [
        {
          logprobs: {
            tokens: ["Hi", "!"],
            token_logprobs: [-1, -2],
            top_logprobs: [{ Hi: -1 }, {}],
            text_offset: [2, 4],
          },
        },
      ],
    });
  });
});

/** Speaks each event's data as the content of a chat chunk. */
class Echoing implements StreamTranslator {
  contentSeen = false;
  finished = false;
  usage: Usage | null = null;
  usageEstimated = false;
  servedModel = "served";
  push(data: string): string {
    this.contentSeen = true;
    this.finished = data === "last";
    this.usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0 };
    return sseEvent({ choices: [{ index: 0, delta: { role: "assistant", content: data }, finish_reason: null }] });
  }
  end(): string {
    const finish = sseEvent({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
    return finish + sseEvent({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }) + SSE_DONE;
  }
}

/** Its events are chat chunks already. */
class Verbatim extends Echoing {
  override push(data: string): string {
    return `data: ${data}\n\n`;
  }
}

function call(...events: string[]): PromptCall {
  const body = new Blob([
    events
      .map((data) => `data: ${data}\n\n`)
      .join("")
      .trimEnd(),
  ]).stream();
  return { body, abort: () => {} };
}

async function speak(prompt: string[], includeUsage: boolean, open: (() => Promise<PromptCall>)[]): Promise<unknown[]> {
  const plan = readCompletionRequest(JSON.stringify({ prompt, echo: true }));
  const { body, skip } = await joinedCalls(open);
  const stream = new CompletionStream({ plan, envelope, includeUsage, skip, chatTranslator: () => new Echoing() });
  const parser = new PromptsParser(() => new SseParser());
  let text = "";
  for await (const bytes of body) for (const data of parser.push(bytes)) text += stream.push(data);
  for (const data of parser.end()) text += stream.push(data);
  text += stream.end();
  const events = text.split("\n\n").filter((event) => event !== "");
  expect(events.at(-1)).toBe("data: [DONE]");
  return events.slice(0, -1).map((event) => JSON.parse(event.slice(6)));
}

describe("a streamed completion", () => {
  test("of several prompts is one stream: one id, indexes that go on, echo first, one usage, one [DONE]", async () => {
    const chunks = await speak(["p", "q"], true, [async () => call("one", "two"), async () => call("three")]);
    expect(chunks.every((chunk) => JSON.stringify(chunk).includes('"id":"cmpl-1","object":"text_completion"'))).toBe(
      true,
    );
    expect(chunks).toMatchObject([
      { choices: [{ index: 0, text: "pone" }] },
      { choices: [{ index: 0, text: "two", finish_reason: null }] },
      { choices: [{ index: 0, text: "", finish_reason: "stop" }] },
      { choices: [{ index: 1, text: "qthree" }] },
      { choices: [{ index: 1, text: "", finish_reason: "stop" }] },
      { choices: [], usage: { total_tokens: 4 } },
    ]);
  });

  test("that ends with its usage has a null one in every chunk before", async () => {
    const chunks = await speak(["p"], true, [async () => call("one")]);
    expect(chunks.slice(0, -1).map((chunk) => isObject(chunk) && chunk["usage"])).toEqual([null, null]);
  });

  test("has every token that the whole answer has, at the same place, whether or not text came with it", () => {
    const plan = readCompletionRequest('{"prompt":"ab","echo":true,"logprobs":1}');
    const scores = (...tokens: string[]) => ({
      content: tokens.map((token) => ({ token, logprob: -1, top_logprobs: [] })),
    });
    const deltas = [
      { content: "a", logprobs: scores("a") },
      { content: "", logprobs: scores("\n") },
      { content: "\nb!", logprobs: scores("b", "!") },
    ];
    const stream = new CompletionStream({
      plan,
      envelope,
      includeUsage: false,
      skip: () => {},
      chatTranslator: () => new Verbatim(),
    });
    const chunks = deltas
      .map(({ content, logprobs }) => stream.push(JSON.stringify({ choices: [{ delta: { content }, logprobs }] })))
      .map((text) => JSON.parse(text.slice(6)).choices[0]);
    const whole = { message: { content: "a\nb!" }, logprobs: scores("a", "\n", "b", "!"), finish_reason: "stop" };
    const { body } = mergeCompletions(plan, [{ choices: [whole] }], envelope);
    expect(body["choices"]).toMatchObject([
      {
        text: chunks.map(({ text }) => text).join(""),
        logprobs: {
          tokens: chunks.flatMap(({ logprobs }) => logprobs.tokens),
          text_offset: chunks.flatMap(({ logprobs }) => logprobs.text_offset),
        },
      },
    ]);
  });

  test("has no usage chunk unless asked for", async () => {
    expect(JSON.stringify(await speak(["p"], false, [async () => call("one")]))).not.toContain("usage");
  });

  test("asks for the next prompt once an answer is complete, though its stream goes on", async () => {
    const endless = (text: string) => {
      const bytes = new TextEncoder().encode(text);
      return { body: new ReadableStream<Uint8Array>({ start: (stream) => stream.enqueue(bytes) }), abort: () => {} };
    };
    const chunks = await speak(["p", "q", "r"], false, [
      async () => endless("data: last\n\n"),
      // Its end is seen only when the next one has been opened, which must not be dropped for it.
      async () => call("last"),
      async () => call("three"),
    ]);
    expect(chunks).toMatchObject([
      { choices: [{ index: 0, text: "plast" }] },
      { choices: [{ index: 0, finish_reason: "stop" }] },
      { choices: [{ index: 1, text: "qlast" }] },
      { choices: [{ index: 1, finish_reason: "stop" }] },
      { choices: [{ index: 2, text: "rthree" }] },
      { choices: [{ index: 2, finish_reason: "stop" }] },
    ]);
  });

  test("fails as the call fails: the first at once, a later one in the stream", async () => {
    const failing = async () => {
      throw badRequest("no");
    };
    await expect(joinedCalls([failing])).rejects.toThrow("no");
    await expect(speak(["p", "q"], false, [async () => call("one"), failing])).rejects.toThrow("no");
  });

  test("is dropped as a whole: the running call is aborted and no later one is opened", async () => {
    let aborted = 0;
    let opened = 0;
    const endless = async () => {
      opened++;
      return { body: new ReadableStream<Uint8Array>(), abort: () => aborted++ };
    };
    const joined = await joinedCalls([endless, endless]);
    await joined.body.cancel();
    expect({ aborted, opened }).toEqual({ aborted: 1, opened: 1 });
  });
});
