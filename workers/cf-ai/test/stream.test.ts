import { SseParser } from "@ai-proxy/shared/formats/sse";
import { isObject } from "@ai-proxy/shared/json";
import { describe, expect, test } from "vitest";
import { chatStream, deltas, readChunks, rows, translate } from "./read-answer.ts";

const DONE = "[DONE]";

describe("native streams", () => {
  test("pieces become chunks of one id and model, each with an index, the role first, one [DONE]", () => {
    const sse = translate([
      { response: "He", p: "abc" },
      { response: "llo" },
      { response: "", usage: { prompt_tokens: 3, completion_tokens: 2 } },
      DONE,
    ]);
    const { chunks, done } = readChunks(sse);
    expect(rows(sse)).toEqual([
      { index: 0, delta: { role: "assistant", content: "He" }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: "llo" }, logprobs: null, finish_reason: null },
      { index: 0, delta: {}, logprobs: null, finish_reason: "stop" },
    ]);
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({
        id: "chatcmpl-ours",
        object: "chat.completion.chunk",
        created: 1_800_000_000,
        model: "llama4",
      });
    }
    expect(done).toBe(1);
  });

  test("usage comes last and only when asked for; numbers and objects become text", () => {
    const events = [
      { response: 4 },
      { response: { a: 1 } },
      { usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
      DONE,
    ];
    const { chunks } = readChunks(translate(events, { includeUsage: true }));
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
    expect(chunks.slice(0, -1).every((chunk) => chunk["usage"] === null)).toBe(true);
    expect(deltas(translate(events)).map((delta) => delta["content"])).toEqual(["4", '{"a":1}', undefined]);
    expect(translate(events)).not.toContain("usage");
  });

  test("a call in pieces: id and name first, then arguments, its closing mark of nulls dropped", () => {
    const sse = translate([
      { tool_calls: [{ id: "c1", type: "function", index: 0, function: { name: "f" } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: "1}" } }] },
      { tool_calls: [{ id: null, type: null, index: 0, function: { name: null, arguments: "" } }] },
      DONE,
    ]);
    expect(rows(sse)).toMatchObject([
      {
        delta: {
          role: "assistant",
          content: null,
          tool_calls: [{ index: 0, id: "c1", type: "function", function: { name: "f", arguments: "" } }],
        },
      },
      { delta: { tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] } },
      { delta: { tool_calls: [{ index: 0, function: { arguments: "1}" } }] } },
      { delta: {}, finish_reason: "tool_calls" },
    ]);
  });

  test.each([
    [
      "no index",
      [
        { id: "a", name: "f", arguments: { x: 1 } },
        { id: "b", name: "f", arguments: { x: 2 } },
      ],
    ],
    [
      "index 0 for every call",
      [
        { id: "a", index: 0, function: { name: "f", arguments: '{"x":1}' } },
        { id: "b", index: 0, function: { name: "f", arguments: '{"x":2}' } },
      ],
    ],
    [
      "indexes from 1",
      [
        { id: "a", index: 1, function: { name: "f", arguments: '{"x":1}' } },
        { id: "b", index: 2, function: { name: "f", arguments: '{"x":2}' } },
      ],
    ],
  ])("two calls with %s are two calls, 0 and 1", (_name, calls) => {
    const sse = translate([...calls.map((call) => ({ tool_calls: [call] })), DONE]);
    expect(deltas(sse).flatMap((delta) => delta["tool_calls"] ?? [])).toMatchObject([
      { index: 0, id: "a", function: { arguments: '{"x":1}' } },
      { index: 1, id: "b", function: { arguments: '{"x":2}' } },
    ]);
  });

  test("calls without an id get one each", () => {
    const sse = translate([
      { tool_calls: [{ name: "f", arguments: {} }] },
      { tool_calls: [{ name: "g", arguments: {} }] },
      DONE,
    ]);
    const ids = deltas(sse).flatMap((delta) => (Array.isArray(delta["tool_calls"]) ? delta["tool_calls"] : []));
    expect(ids.map((call) => call.id)).toEqual([
      expect.stringMatching(/^call_[0-9a-f]{20}_0$/),
      expect.stringMatching(/^call_[0-9a-f]{20}_1$/),
    ]);
  });

  test("a call whose pieces all repeat its id and name is one call", () => {
    const piece = (args: string) => ({ tool_calls: [{ id: "c", index: 0, function: { name: "f", arguments: args } }] });
    const sse = translate([piece('{"a"'), piece(":1}"), DONE]);
    expect(deltas(sse)).toMatchObject([
      { tool_calls: [{ index: 0, id: "c", function: { arguments: '{"a"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] },
      {},
    ]);
  });

  test.each([
    ["share an id", { id: "c", function: { name: "f", arguments: "{}" } }, { id: "c", name: "g", arguments: { b: 2 } }],
    ["share an index", { index: 0, name: "f", arguments: {} }, { index: 0, name: "g", arguments: { b: 2 } }],
  ])("two calls of one event that %s are two", (_, first, second) => {
    const calls = deltas(translate([{ tool_calls: [first, second] }, DONE])).flatMap(
      ({ tool_calls: list }) => list ?? [],
    );
    expect(calls).toMatchObject([
      { index: 0, function: { name: "f", arguments: "{}" } },
      { index: 1, function: { name: "g", arguments: '{"b":2}' } },
    ]);
    expect(new Set(calls.map((call) => (isObject(call) ? call["id"] : undefined))).size).toBe(2);
  });

  test("a piece with an id and no index belongs to the call with that id", () => {
    const piece = (id: string, name: string | null, args: string) => ({
      tool_calls: [{ id, function: { name, arguments: args } }],
    });
    const events = [
      piece("a", "f", ""),
      piece("b", "g", ""),
      piece("a", null, '{"a":1}'),
      piece("b", null, "{}"),
      DONE,
    ];
    expect(deltas(translate(events)).flatMap(({ tool_calls: list }) => list ?? [])).toMatchObject([
      { index: 0, id: "a" },
      { index: 1, id: "b" },
      { index: 0, function: { arguments: '{"a":1}' } },
      { index: 1, function: { arguments: "{}" } },
    ]);
  });

  test("a custom tool's call in pieces stays one", () => {
    const piece = (call: object) => ({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, ...call }] } }] });
    const begun = { id: "c1", type: "custom", custom: { name: "sql", input: "" } };
    const events = [piece(begun), piece({ custom: { input: "SELECT" } }), piece({ custom: { input: " 1" } }), DONE];
    const sse = translate(events);
    expect(deltas(sse).flatMap(({ tool_calls: list }) => list ?? [])).toEqual([
      { index: 0, ...begun },
      { index: 0, custom: { input: "SELECT" } },
      { index: 0, custom: { input: " 1" } },
    ]);
    expect(rows(sse).at(-1)).toMatchObject({ finish_reason: "tool_calls" });
  });

  test("arguments that come before id and name wait for them too", () => {
    const events = [
      { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
      { tool_calls: [{ index: 0, id: "c", function: { name: "f", arguments: ":1}" } }] },
      DONE,
    ];
    expect(deltas(translate(events))[0]).toMatchObject({
      tool_calls: [{ index: 0, id: "c", function: { name: "f", arguments: '{"a":1}' } }],
    });
  });

  test("arguments that come before the name wait for it", () => {
    const sse = translate([
      { tool_calls: [{ id: "c", index: 0, function: { arguments: "{}" } }] },
      { tool_calls: [{ index: 0, function: { name: "f" } }] },
      DONE,
    ]);
    expect(deltas(sse)[0]).toMatchObject({ tool_calls: [{ id: "c", function: { name: "f", arguments: "{}" } }] });
  });

  test("a call without arguments ends with the empty object, so that clients can parse it", () => {
    const sse = translate([{ tool_calls: [{ id: "c", index: 0, function: { name: "now" } }] }, DONE]);
    expect(deltas(sse).at(-2)).toEqual({ tool_calls: [{ index: 0, function: { arguments: "{}" } }] });
  });

  test.each([
    ["nothing at all", []],
    ["an empty piece", [{ response: "", tool_calls: [] }]],
    ["padding", [{ p: "abcdefgh" }]],
  ])("%s before [DONE] is an empty answer, with role and finish", (_name, events) => {
    expect(rows(translate([...events, DONE]))).toEqual([
      { index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: "stop" },
    ]);
  });

  test("an empty stream fails while another attempt waits", () => {
    expect(() => translate([{ response: "" }, DONE], { refuseEmpty: true })).toThrow(
      expect.objectContaining({ condition: "empty_completion" }),
    );
  });
});

describe("OpenAI-shaped streams", () => {
  const chunk = (delta: object | null, finish_reason: string | null = null) => ({
    id: "chatcmpl-theirs",
    created: 1_700_000_000,
    model: "@cf/served",
    choices: [{ index: 0, delta, finish_reason }],
  });

  test.each(["reasoning", "reasoning_content"])("%s streams as reasoning_content, before the text", (name) => {
    const sse = translate([
      chunk({ role: "assistant", content: "" }),
      chunk({ [name]: "Hm" }),
      chunk({ content: "4" }),
      chunk({}, "stop"),
      DONE,
    ]);
    expect(rows(sse)).toMatchObject([
      { delta: { role: "assistant", content: null, reasoning_content: "Hm" } },
      { delta: { content: "4" } },
      { delta: {}, finish_reason: "stop" },
    ]);
    expect(sse).not.toContain('"reasoning":');
    expect(readChunks(sse).chunks[0]).toMatchObject({ id: "chatcmpl-theirs", created: 1_700_000_000, model: "llama4" });
  });

  test("chunks without choices[].index, with null or no choices", () => {
    const sse = translate([
      { choices: [{ delta: { content: "a" } }] },
      { choices: [] },
      { choices: null },
      {},
      { choices: [{ delta: null, finish_reason: "stop" }] },
      DONE,
    ]);
    expect(rows(sse)).toMatchObject([
      { index: 0, delta: { content: "a" } },
      { index: 0, finish_reason: "stop" },
    ]);
  });

  test("null content and null tool calls say nothing", () => {
    const sse = translate([
      chunk({ role: "assistant", content: null, tool_calls: null }),
      chunk({ content: "Hi", tool_calls: null }),
      chunk({ content: null }, "stop"),
      DONE,
    ]);
    expect(deltas(sse)).toEqual([{ role: "assistant", content: "Hi" }, {}]);
  });

  test("usage in the last chunk is held back for the end", () => {
    const sse = translate(
      [
        chunk({ content: "Hi" }),
        {
          ...chunk({}, "stop"),
          usage: { prompt_tokens: 50, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 42 } },
        },
        DONE,
      ],
      { includeUsage: true },
    );
    expect(readChunks(sse).chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 50, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 42 } },
    });
  });

  test("every token keeps its log probability, also one whose text is still to come", () => {
    const piece = (content: string, token: string) => ({
      choices: [{ index: 0, delta: { content }, logprobs: { content: [{ token, logprob: -1 }] } }],
    });
    const events = [piece("", "\\xf0\\x9f"), piece("🙂", "\\x99\\x82"), piece("\n", "\n"), piece("b", "b"), DONE];
    const given = rows(translate(events, { stops: ["\n\n"] }));
    expect(deltas(translate(events, { stops: ["\n\n"] }))[0]).toEqual({ role: "assistant", content: "" });
    expect(given.flatMap(({ logprobs }) => (isObject(logprobs) ? logprobs["content"] : []))).toMatchObject([
      { token: "\\xf0\\x9f" },
      { token: "\\x99\\x82" },
      { token: "\n" },
      { token: "b" },
    ]);
  });

  test("a stop together with calls is tool_calls, length stays length", () => {
    const call = chunk({ tool_calls: [{ index: 0, id: "c", function: { name: "f", arguments: "{}" } }] });
    expect(rows(translate([call, chunk({}, "stop"), DONE])).at(-1)).toMatchObject({ finish_reason: "tool_calls" });
    expect(rows(translate([call, chunk({}, "length"), DONE])).at(-1)).toMatchObject({ finish_reason: "length" });
  });

  test("several choices keep their own roles, calls and ends", () => {
    const row = (index: number, content: string) => ({ choices: [{ index, delta: { content }, finish_reason: null }] });
    const end = {
      choices: [
        { index: 0, delta: {}, finish_reason: "stop" },
        { index: 1, delta: {}, finish_reason: "length" },
      ],
    };
    const given = rows(translate([row(0, "a"), row(1, "b"), end, DONE]));
    expect(given).toMatchObject([
      { index: 0, delta: { role: "assistant", content: "a" } },
      { index: 1, delta: { role: "assistant", content: "b" } },
      { index: 0, finish_reason: "stop" },
      { index: 1, finish_reason: "length" },
    ]);
  });
});

test("a whole answer as the only event is a whole stream, of either family", () => {
  const whole = {
    choices: [{ index: 0, message: { role: "assistant", content: "Hi", tool_calls: [] }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 1 },
  };
  for (const event of [whole, { response: "Hi", usage: { prompt_tokens: 1, completion_tokens: 1 } }]) {
    const sse = translate([event, DONE], { includeUsage: true });
    expect(deltas(sse)).toEqual([{ role: "assistant", content: "Hi" }, {}]);
    expect(readChunks(sse).chunks.at(-1)).toMatchObject({ usage: { total_tokens: 2 } });
  }
});

describe("what breaks off", () => {
  test.each([
    ["native", [{ response: "partial" }]],
    ["OpenAI-shaped", [{ choices: [{ index: 0, delta: { content: "partial" }, finish_reason: null }] }]],
    ["before anything", []],
    [
      "one of two choices",
      [
        {
          choices: [
            { index: 0, delta: { content: "a" }, finish_reason: "stop" },
            { index: 1, delta: { content: "b" } },
          ],
        },
      ],
    ],
  ])("%s: an end without [DONE] and finish reason is an error, not a clean stop", (_name, events) => {
    expect(() => translate(events)).toThrow(
      expect.objectContaining({ code: "upstream_stream_cut", condition: "network" }),
    );
  });

  test("a finish reason is an end, also without [DONE]", () => {
    expect(
      rows(translate([{ choices: [{ index: 0, delta: { content: "a" }, finish_reason: "stop" }] }])).at(-1),
    ).toMatchObject({ finish_reason: "stop" });
  });

  test.each([
    [{ error: { message: "boom", code: 3040 } }, { condition: "overloaded", message: "boom" }],
    [{ errors: [{ code: 3007, message: "AiError: too slow" }] }, { condition: "timeout", message: "too slow" }],
    [
      { internalCode: 5021, description: "exceeded this model context window limit (8)" },
      { code: "context_length_exceeded" },
    ],
    [{ error: "no luck" }, { message: "no luck", status: 502 }],
    ["{broken", { condition: "invalid_response" }],
  ])("the event %j is an error", (event, error) => {
    expect(() => translate([{ response: "a" }, event])).toThrow(expect.objectContaining(error));
  });

  test("[DONE] is the end, whether or not the model's stream goes on", () => {
    const stream = chatStream();
    stream.push('{"response":"Hi"}');
    expect(stream.finished).toBe(false);
    stream.push("[DONE] ");
    expect(stream.finished).toBe(true);
  });

  test("an empty error beside an answer is none", () => {
    expect(deltas(translate([{ response: "Hi", error: "", errors: [] }, DONE]))[0]).toMatchObject({ content: "Hi" });
  });

  test("nothing after [DONE] counts", () => {
    expect(readChunks(translate([{ response: "a" }, DONE, { response: "b" }, DONE])).done).toBe(1);
  });
});

test("a model that failed on the way has not finished", () => {
  for (const finish_reason of ["error", "abort"]) {
    expect(() =>
      translate([{ choices: [{ delta: { content: "x" } }] }, { choices: [{ delta: {}, finish_reason }] }, DONE]),
    ).toThrow(expect.objectContaining({ status: 502, code: "model_error" }));
  }
});

test("a refusal streams as one", () => {
  const sse = translate([
    { choices: [{ delta: { refusal: "No" } }] },
    { choices: [{ delta: {}, finish_reason: "stop" }] },
    DONE,
  ]);
  expect(deltas(sse)).toEqual([{ role: "assistant", content: null, refusal: "No" }, {}]);
});

describe("stop sequences", () => {
  const events = ["On", "e\n", "Obs", "erv", "ation: x"].map((response) => ({ response }));

  test("the text ends before a sequence, also one in pieces, and the rest of the model is not waited for", () => {
    const stream = chatStream({ stops: ["Observation:"] });
    const sse = events.map((event) => stream.push(JSON.stringify(event))).join("");
    expect(stream.finished).toBe(true);
    expect(rows(sse + stream.end())).toMatchObject([
      { delta: { content: "On" } },
      { delta: { content: "e\n" } },
      { delta: {}, finish_reason: "stop" },
    ]);
  });

  test("a choice that begins after another has come to its sequence is waited for", () => {
    const stream = chatStream({ n: 2, stops: ["END"] });
    const says = (index: number) => JSON.stringify({ choices: [{ index, delta: { content: `${index}END` } }] });
    stream.push(says(0));
    expect(stream.finished).toBe(false);
    expect(rows(stream.push(says(1)))).toMatchObject([{ index: 1, delta: { content: "1" } }]);
    expect(stream.finished).toBe(true);
  });

  test("what only looked like a sequence is sent in the end", () => {
    const sse = translate([...events.slice(0, 4), DONE], { stops: ["Observation:"] });
    expect(
      deltas(sse)
        .map((delta) => delta["content"] ?? "")
        .join(""),
    ).toBe("One\nObserv");
  });
});

test("reasoning and calls are part of the estimate, held back or not", () => {
  const tokens = (event: object, more = {}) => {
    const stream = chatStream(more);
    stream.push(JSON.stringify(event));
    return stream.usage;
  };
  expect(tokens({ response: "four by four" })).toMatchObject({ completionTokens: 3 });
  expect(tokens({ response: "four by four" }, { demanded: new Set(["f"]) })).toMatchObject({ completionTokens: 3 });
  expect(tokens({ response: "", reasoning: "four by four" })).toMatchObject({
    completionTokens: 3,
    reasoningTokens: 3,
  });
  const call = { name: "four", arguments: '{"by":"four"}' };
  expect(tokens({ tool_calls: [call] })).toMatchObject({ completionTokens: 5 });
});

test("the model that served is noted, and nothing has finished before it has begun", () => {
  const stream = chatStream();
  expect(stream).toMatchObject({ finished: false, contentSeen: false, servedModel: undefined });
  stream.push(JSON.stringify({ model: "@cf/served", choices: [] }));
  stream.push(JSON.stringify({ model: "@cf/other", choices: [] }));
  expect(stream.servedModel).toBe("@cf/served");
});

test("tokens so far are there at any time, marked as an estimate until the model counts", () => {
  const stream = chatStream();
  stream.push(JSON.stringify({ response: "word " }));
  stream.push(JSON.stringify({ choices: [{ delta: { reasoning: "word" } }] }));
  expect(stream).toMatchObject({
    usage: { promptTokens: 7, completionTokens: 3, reasoningTokens: 1 },
    usageEstimated: true,
  });
  stream.push(JSON.stringify({ usage: { prompt_tokens: 9, completion_tokens: 4 } }));
  expect(stream).toMatchObject({ usage: { promptTokens: 9, completionTokens: 4 }, usageEstimated: false });
});

test("the same stream at every split of its bytes gives the same text", () => {
  const sse = `: ping\r\n\r\ndata: {"response":"Grüße 👋"}\r\n\r\ndata:{"response":" — 你好"}\n\ndata: {"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\ndata: [DONE]`;
  const bytes = new TextEncoder().encode(sse);
  const read = (cut: number) => {
    const parser = new SseParser();
    const stream = chatStream({ includeUsage: true });
    const events = [...parser.push(bytes.subarray(0, cut)), ...parser.push(bytes.subarray(cut)), ...parser.end()];
    return events.map((event) => stream.push(event)).join("") + stream.end();
  };
  const whole = read(bytes.length);
  expect(
    deltas(whole)
      .map((delta) => delta["content"] ?? "")
      .join(""),
  ).toBe("Grüße 👋 — 你好");
  for (let cut = 0; cut < bytes.length; cut++) expect(read(cut)).toBe(whole);
});

describe("a stream of another vendor's model, by way of AI Gateway", () => {
  const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) => ({
    ...{ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_800_000_001, model: "gpt-audio" },
    choices: [{ index: 0, delta, finish_reason }],
    obfuscation: "x7",
    ...more,
  });
  const audio = { id: "audio_1", transcript: "Hi" };
  const annotations = [{ type: "url_citation" }];
  const events = [
    chunk({ role: "assistant", content: "", refusal: null, audio: null }, null, { service_tier: "default" }),
    chunk({ audio }),
    chunk({ annotations }, null, { citations: ["https://example.com"] }),
    chunk({}, "stop"),
    DONE,
  ];

  test("keeps what only that vendor's chunks have", () => {
    const sse = translate(events, { catalog: true, refuseEmpty: true });
    expect(deltas(sse)).toEqual([{ role: "assistant", content: null, audio }, { annotations }, {}]);
    const { chunks } = readChunks(sse);
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(["chatcmpl-1"]));
    expect(new Set(chunks.map(({ model }) => model))).toEqual(new Set(["llama4"]));
    expect(chunks.every((one) => one["service_tier"] === "default" && !("obfuscation" in one))).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ citations: ["https://example.com"] });
  });

  test("with nothing but its trimmings is empty", () => {
    const empty = [chunk({ annotations: [] }), chunk({}, "stop"), DONE];
    expect(() => translate(empty, { catalog: true, refuseEmpty: true })).toThrow(
      expect.objectContaining({ code: "empty_completion" }),
    );
  });

  test("keeps the signature that Gemini wants back with a call", () => {
    const extra_content = { google: { thought_signature: "c2ln" } };
    const piece = { index: 0, id: "c1", function: { name: "f", arguments: "{}" }, extra_content };
    const sse = translate([chunk({ tool_calls: [piece] }), DONE], { catalog: true });
    expect(deltas(sse)[0]).toMatchObject({ tool_calls: [piece] });
  });

  test("numbers its calls on from chunk to chunk", () => {
    const call = (name: string) => chunk({ tool_calls: [{ function: { name, arguments: "{}" } }] });
    const pieces = deltas(translate([call("f"), call("g"), DONE], { catalog: true })).flatMap(
      (delta) => delta["tool_calls"] ?? [],
    );
    expect(pieces).toMatchObject([
      { index: 0, id: expect.stringMatching(/_0$/) },
      { index: 1, id: expect.stringMatching(/_1$/) },
    ]);
  });
});
