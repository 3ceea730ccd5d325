import { ApiError } from "@ai-proxy/shared/errors";
import { SseParser } from "@ai-proxy/shared/formats/sse";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EditedStream } from "../src/edited-stream.ts";
import { readQuirks } from "../src/quirks.ts";
import { streamEnding } from "../src/stream-ending.ts";
import { StreamMeter } from "../src/stream-meter.ts";

const none = readQuirks("test", {});
const bytes = (text: string) => new TextEncoder().encode(text);
const chunk = (delta: string, rest = "") =>
  `{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":${delta},"finish_reason":null}]${rest}}`;
const finish = (rest = "") => `{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]${rest}}`;
const usageChunk = '{"id":"c","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}';

function metered(...events: string[]): StreamMeter {
  const meter = new StreamMeter("openai", 20);
  for (const event of events) meter.push(bytes(`data: ${event}\n\n`));
  return meter;
}

function edited(events: string[], options: Partial<ConstructorParameters<typeof EditedStream>[0]> = {}) {
  const stream = new EditedStream({
    provider: "openai",
    meter: new StreamMeter("openai", 20),
    dropUsage: true,
    quirks: none,
    fallbackWaiting: false,
    ...options,
  });
  return { stream, out: events.map((event) => stream.push(event)) };
}

describe("a stream's account", () => {
  test("is the provider's usage and model, once they have come", () => {
    const meter = metered(chunk('{"content":"Hi"}'), finish(), usageChunk, "[DONE]");
    expect(meter.usage).toEqual({ promptTokens: 9, completionTokens: 4, cachedTokens: 0, reasoningTokens: 0 });
    expect(meter).toMatchObject({
      usageEstimated: false,
      servedModel: "gpt-4o-2024-08-06",
      complete: true,
      done: true,
    });
  });

  test("until then it is an estimate that counts all that was said", () => {
    const meter = metered(
      chunk('{"role":"assistant","content":""}'),
      chunk('{"content":"Hello"}'),
      chunk('{"reasoning_content":"hm"}'),
      chunk('{"refusal":"no"}'),
      chunk('{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}]}'),
    );
    expect(meter.usage).toEqual({ promptTokens: 20, completionTokens: 5, cachedTokens: 0, reasoningTokens: 0 });
    expect(meter).toMatchObject({ usageEstimated: true, complete: false });
  });

  test("takes usage on the last content chunk too (Mistral)", () => {
    const last = finish(',"usage":{"prompt_tokens":9,"completion_tokens":4}');
    expect(metered(chunk('{"content":"Hi"}'), last).usage.promptTokens).toBe(9);
  });

  test("takes usage that stands in a choice, until the answer's own comes (Moonshot)", () => {
    const last = (rest: string) =>
      `{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":9,"completion_tokens":4,"cached_tokens":2}}]${rest}}`;
    expect(metered(chunk('{"content":"Hi"}'), last(""), "[DONE]")).toMatchObject({
      usage: { promptTokens: 9, completionTokens: 4, cachedTokens: 2 },
      usageEstimated: false,
    });
    expect(metered(last(""), usageChunk).usage).toMatchObject({ promptTokens: 9, cachedTokens: 0 });
  });

  test("content has come with text, reasoning, a call or a refusal, not with a role", () => {
    for (const delta of [
      '{"role":"assistant","content":""}',
      "{}",
      '{"content":null,"refusal":null}',
      '{"content":[]}',
      '{"content":"","images":[]}',
    ]) {
      expect(metered(chunk(delta)).contentSeen, delta).toBe(false);
    }
    for (const delta of [
      '{"content":" "}',
      '{"reasoning":"x"}',
      '{"refusal":"x"}',
      '{"tool_calls":[{"function":{"name":"f"}}]}',
      '{"tool_calls":[{"function":{"arguments":"{"}}]}',
      '{"tool_calls":[{"custom":{"name":"q"}}]}',
      '{"tool_calls":[{"custom":{"input":"x"}}]}',
      '{"function_call":{"name":"f"}}',
      '{"audio":{"data":"x"}}',
      '{"content":"","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}',
      '{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}',
      '{"content":[{"type":"text","text":"x"}]}',
      '{"content":[{"type":"image"}]}',
    ]) {
      expect(metered(chunk(delta)).contentSeen, delta).toBe(true);
    }
    expect(metered('{"choices":[{"text":"x","index":0}]}').contentSeen).toBe(true);
    expect(metered('{"type":"response.output_text.delta","delta":"x"}').contentSeen).toBe(true);
    expect(
      metered('{"choices":[{"delta":{"content":[{"text":"four"},{"text":"by"},{"text":"four"}]}}]}').usage,
    ).toMatchObject({ completionTokens: 3 });
  });

  test("events without choices, with null or with anything else do no harm", () => {
    for (const event of ["{}", '{"choices":null}', '{"choices":[null,1,{}]}', "null", "1", "x", "[]", ""]) {
      expect(metered(event).contentSeen, event).toBe(false);
    }
  });

  test("more choices than anybody asks for are an error", () => {
    const choices = Array.from({ length: 129 }, (_, index) => `{"index":${index},"delta":{"content":"x"}}`);
    expect(metered(`{"choices":[${choices.slice(1)}]}`).error).toBeNull();
    expect(metered(...choices.map((choice) => `{"choices":[${choice}]}`)).error).toMatchObject({
      code: "invalid_upstream_response",
      message: "openai's answer has more than 128 choices.",
    });
  });

  test("a comment is a sign of life and nothing more", () => {
    const meter = new StreamMeter("openai", 0);
    meter.push(bytes(": OPENROUTER PROCESSING\n\n"));
    expect(meter).toMatchObject({ begun: true, contentSeen: false });
    const silent = new StreamMeter("openai", 0);
    silent.push(bytes("<html>"));
    expect(silent.begun).toBe(false);
  });

  test("is over when every choice that has begun has its finish reason; an empty one is none", () => {
    const row = (index: number, reason: string) =>
      `{"index":${index},"delta":{"content":"x"},"finish_reason":${reason}}`;
    const rows = (...all: string[]) => `{"choices":[${all.join(",")}]}`;
    expect(metered('{"choices":[]}').complete).toBe(false);
    expect(metered(rows(row(0, '""'))).complete).toBe(false);
    expect(metered(rows(row(0, '"stop"'), row(1, "null"))).complete).toBe(false);
    expect(metered(rows(row(0, '"stop"'), row(1, "null")), rows(row(1, '"length"'))).complete).toBe(true);
    // Azure's filter results, and usage on a chunk with a choice, come after the finish.
    expect(metered(rows(row(0, '"stop"')), rows(row(0, "null"))).complete).toBe(true);
    expect(metered(rows(row(0, "null")), "[DONE]").complete).toBe(true);
  });

  test("has the provider's error without OpenAI's envelope too (vLLM), and no key in it", () => {
    const event = '{"object":"error","message":"no sk-0123456789","type":"BadRequestError","code":400}';
    const meter = new StreamMeter("vllm", 0, ["sk-0123456789"]);
    meter.push(bytes(`data: ${event}\n\n`));
    expect(meter.error).toMatchObject({ status: 400, message: "no [redacted]" });
  });

  test("reads usage in the words of the Responses API", () => {
    const meter = metered(
      '{"type":"response.output_text.delta","delta":"Hi"}',
      '{"type":"response.completed","response":{"usage":{"input_tokens":7,"output_tokens":2,"output_tokens_details":{"reasoning_tokens":1}}}}',
    );
    expect(meter.usage).toEqual({ promptTokens: 7, completionTokens: 2, cachedTokens: 0, reasoningTokens: 1 });
  });

  test("is the same wherever the bytes are cut", () => {
    const text = `: ping\r\n\r\ndata:${chunk('{"content":"é😀"}')}\r\n\r\ndata: ${finish()}\n\ndata: ${usageChunk}\n\ndata: [DONE]\n\n`;
    const whole = bytes(text);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 8 }), (cuts) => {
        const meter = new StreamMeter("openai", 0);
        let from = 0;
        for (const to of [...cuts.toSorted((a, b) => a - b), whole.length]) {
          meter.push(whole.subarray(from, to));
          from = to;
        }
        expect(meter.end()).toBe(true);
        expect(meter).toMatchObject({ done: true, complete: true, contentSeen: true, usageEstimated: false });
      }),
    );
  });
});

describe("a client that did not ask for usage gets what it would get from the provider", () => {
  test("not the chunk that the relay asked for, nor its traces on the others; all else byte for byte", () => {
    const { out } = edited([
      chunk('{"content":"\\u00e9"}', ',"usage":null,"obfuscation":"ab"'),
      chunk('{"content":"\\"usage\\":null"}', ', "usage" : null'),
      finish(',"usage":{"prompt_tokens":1,"completion_tokens":1}'),
      usageChunk,
      "[DONE]",
    ]);
    expect(out).toEqual([
      `data: ${chunk('{"content":"\\u00e9"}', ',"obfuscation":"ab"')}\n\n`,
      `data: ${chunk('{"content":"\\"usage\\":null"}')}\n\n`,
      `data: ${finish()}\n\n`,
      "",
      "data: [DONE]\n\n",
    ]);
  });

  test("an event of several lines stays one", () => {
    const lines = chunk('{"content":"x"}').replace(',"choices"', ',\n"choices"');
    const sent = edited([lines]).out.join("");
    expect(new SseParser().push(bytes(sent))).toEqual([lines]);
  });

  test("but chunks without choices that carry something else (Azure's first)", () => {
    const azure = '{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}';
    expect(edited([azure]).out).toEqual([`data: ${azure}\n\n`]);
  });

  test("what else stands in the chunk that has the usage goes on without it (llama.cpp)", () => {
    const last = (usage: string, rest: string) => `{"choices":[],"id":"c"${usage}${rest}}`;
    const usage = ',"usage":{"prompt_tokens":9,"completion_tokens":4}';
    const timings = ',"timings":{"predicted_per_second":95.1}';
    expect(edited([last(usage, timings)]).out).toEqual([`data: ${last("", timings)}\n\n`]);
    expect(edited([last(usage, ',"timings":null,"obfuscation":"xx"')]).out).toEqual([""]);
  });

  test("and its usage is counted all the same", () => {
    const { stream } = edited([chunk('{"content":"x"}'), finish(), usageChunk, "[DONE]"]);
    expect(stream.usage.promptTokens).toBe(9);
    expect(stream.usageEstimated).toBe(false);
  });
});

describe("an edited stream's end", () => {
  test("has exactly one [DONE], whether the provider sent none, one or two", () => {
    for (const dones of [[], ["[DONE]"], ["[DONE]", "[DONE]"]]) {
      const { stream, out } = edited([chunk('{"content":"x"}'), finish(), ...dones]);
      expect((out.join("") + stream.end()).match(/\[DONE\]/g)).toHaveLength(1);
    }
  });

  test("is at a padded [DONE] too, and what comes after it is not waited for", () => {
    const { stream, out } = edited([chunk('{"content":"x"}'), finish(), "[DONE] "]);
    expect(out.at(-1)).toBe("data: [DONE]\n\n");
    expect(stream.finished).toBe(true);
    expect(edited([chunk('{"content":"x"}'), finish()]).stream.finished).toBe(false);
  });

  test("without a finish is a cut, not a silent stop", () => {
    const { stream } = edited([chunk('{"content":"x"}')]);
    expect(() => stream.end()).toThrow(expect.objectContaining({ code: "upstream_stream_cut" }));
  });

  test.each(["[", "[DO", " [DONE"])("has a whole [DONE] after half of one, if the answer was whole: '%s'", (half) => {
    const whole = edited([chunk('{"content":"x"}'), finish(), half]);
    expect([...whole.out.slice(2), whole.stream.end()]).toEqual(["", "data: [DONE]\n\n"]);
    const cut = edited([chunk('{"content":"x"}'), half]);
    expect(() => cut.stream.end()).toThrow(expect.objectContaining({ code: "upstream_stream_cut" }));
  });

  test("half an event is a cut", () => {
    expect(() => edited(['{"id":"c","cho'])).toThrow(expect.objectContaining({ code: "upstream_stream_cut" }));
  });

  test("an error event is the provider's error", () => {
    const event = '{"error":{"message":"overloaded","code":503}}';
    expect(() => edited([event])).toThrow(expect.objectContaining({ message: "overloaded", condition: "overloaded" }));
  });

  test.each(['"stop"', '"error"', '"tool_calls"', '""', "null"])(
    "with nothing said is a failure when another attempt waits: finish_reason %s",
    (reason) => {
      const last = finish().replace('"stop"', reason);
      const events = [chunk('{"role":"assistant","content":""}'), last, "[DONE]"];
      const waiting = edited(events, { fallbackWaiting: true });
      expect(() => waiting.stream.end()).toThrow(expect.objectContaining({ condition: "empty_completion" }));
      expect(edited(events).stream.end()).toBe("");
    },
  );

  test.each(["length", "content_filter"])(
    "with nothing said is what it is when its finish reason says why: %s",
    (reason) => {
      const events = [chunk('{"role":"assistant","content":""}'), finish().replace("stop", reason), "[DONE]"];
      expect(edited(events, { fallbackWaiting: true }).stream.end()).toBe("");
    },
  );
});

describe("quirks that are mended", () => {
  test("tool calls without index are numbered, across chunks, per choice", () => {
    const quirks = readQuirks("test", { tool_index: "number" });
    const { out } = edited(
      [
        chunk('{"tool_calls":[{"id":"a","function":{"name":"f","arguments":""}}]}'),
        chunk('{"tool_calls":[{"function":{"arguments":"{}"}}]}'),
        chunk('{"tool_calls":[{"id":"b","index":null,"function":{"name":"g"}}]}'),
        chunk('{"tool_calls":[{"index":5,"id":"c"}]}'),
      ],
      { quirks },
    );
    const indexes = out.map((event) => JSON.parse(event.slice(6)).choices[0].delta.tool_calls[0].index);
    expect(indexes).toEqual([0, 0, 1, 5]);
  });

  test("an id that is repeated is the same call, a name without an id another", () => {
    const quirks = readQuirks("test", { tool_index: "number" });
    const call = (id: string, rest: string) => `{"id":"${id}","function":{${rest}}}`;
    const { out } = edited(
      [
        chunk(`{"tool_calls":[${call("a", '"name":"f","arguments":"{"')}]}`),
        chunk(`{"tool_calls":[${call("a", '"arguments":"}"')}]}`),
        chunk(`{"tool_calls":[${call("", '"name":"g","arguments":"{}"')},${call("", '"name":"g","arguments":"{}"')}]}`),
      ],
      { quirks },
    );
    const calls = out.flatMap((event) => JSON.parse(event.slice(6)).choices[0].delta.tool_calls);
    expect(calls.map(({ index }) => index)).toEqual([0, 0, 1, 2]);
  });

  test("each choice has numbers of its own, though every chunk holds one choice; an empty call is one", () => {
    const calls = (index: number, call: string) =>
      chunk(`{"tool_calls":[${call}]}`).replace('"index":0', `"index":${index}`);
    const { out } = edited(
      [
        calls(0, '{"id":"a","function":{"name":"f"}}'),
        calls(1, '{"id":"b","function":{"name":"f"}}'),
        calls(0, '{"function":{"arguments":"{}"}}'),
        calls(1, "{}"),
        calls(1, '{"id":"c","function":{"name":"g"}}'),
      ],
      { quirks: readQuirks("test", { tool_index: "number" }) },
    );
    const choices = out.map((event) => JSON.parse(event.slice(6)).choices[0]);
    expect(choices.map(({ index, delta }) => [index, delta.tool_calls[0].index])).toEqual([
      [0, 0],
      [1, 0],
      [0, 0],
      [1, 0],
      [1, 1],
    ]);
  });

  test("nothing is mended but what the entry names", () => {
    const odd = chunk('{"content":{"a":1},"reasoning":"r","tool_calls":[{"id":"a","function":{"name":"f"}}]}');
    const mended = (quirks: object) => edited([odd], { quirks: readQuirks("test", quirks) }).out;
    expect(mended({})).toEqual([`data: ${odd}\n\n`]);
    expect(mended({ content: "text" })).toEqual([`data: ${odd}\n\n`]);
    expect(mended({ reasoning: "copy" })).toEqual([
      `data: ${odd.replace('"reasoning":"r"', '"reasoning":"r","reasoning_content":"r"')}\n\n`,
    ]);
    expect(mended({ tool_index: "number" })).toEqual([`data: ${odd.replace('[{"id"', '[{"index":0,"id"')}\n\n`]);
  });

  test.each([
    ['"reasoning":"a\\"b","reasoning_content":null', '"reasoning":"a\\"b","reasoning_content":"a\\"b"'],
    ['"reasoning_content" : null, "reasoning":"a"', '"reasoning_content" : "a", "reasoning":"a"'],
    ['"reasoning_content":"","reasoning":"a"', '"reasoning_content":"a","reasoning":"a"'],
    ['"reasoning_content":"b","reasoning":"a"', '"reasoning_content":"b","reasoning":"a"'],
    ['"reasoning_content":null,"reasoning":null', '"reasoning_content":null,"reasoning":null'],
  ])("reasoning takes the place of a reasoning_content that is nothing: %s", (given, expected) => {
    const quirks = readQuirks("test", { reasoning: "copy" });
    const { out } = edited([chunk(`{${given}}`)], { quirks, dropUsage: false });
    expect(out).toEqual([`data: ${chunk(`{${expected}}`)}\n\n`]);
  });

  const THINKING = '{"type":"thinking","thinking":[{"type":"text","text":"h\\"m"}],"closed":true}';
  test.each([
    [`"content":[${THINKING}]`, '"content":null,"reasoning_content":"h\\"m"'],
    ['"content" : [{"type":"text","text":"H"},{"type":"text","text":"i"}]', '"content" : "Hi"'],
    [`"content":[${THINKING},{"type":"text","text":"Hi"}],"x":1`, '"content":"Hi","reasoning_content":"h\\"m","x":1'],
    ['"content":[{"type":"thinking","thinking":"hm"}]', '"content":null,"reasoning_content":"hm"'],
    ['"content":[]', '"content":""'],
    ['"content":[{"type":"reference","reference_ids":[1]},null,7]', '"content":""'],
    ['"content":"Hi"', '"content":"Hi"'],
    ['"content":null', '"content":null'],
  ])("a content in parts becomes text and reasoning_content (Mistral): %s", (given, expected) => {
    const quirks = readQuirks("test", { content: "parts" });
    const { out } = edited([chunk(`{${given}}`)], { quirks, dropUsage: false });
    expect(out).toEqual([`data: ${chunk(`{${expected}}`)}\n\n`]);
  });

  test("reasoning also appears as reasoning_content, once", () => {
    const quirks = readQuirks("test", { reasoning: "copy" });
    const both = chunk('{"reasoning":"a","reasoning_content":"a"}');
    const nothing = chunk('{"reasoning":null}');
    const { out } = edited([chunk('{"reasoning":"\\u00e9"}'), both, nothing], { quirks });
    expect(out).toEqual([
      `data: ${chunk('{"reasoning":"\\u00e9","reasoning_content":"\\u00e9"}')}\n\n`,
      `data: ${both}\n\n`,
      `data: ${nothing}\n\n`,
    ]);
  });
});

describe("what a stream that passed natively still lacks at its end", () => {
  const cut = new ApiError({ status: 502, message: "cut", code: "cut" });
  const content = `data: ${chunk('{"content":"x"}')}\n\n`;
  const finished = `${content}data: ${finish()}\n\n`;
  const error = 'data: {"error":{"message":"m","type":"t","param":null,"code":"c"}}\n\n';

  function ending(text: string, broken = false, endsWithDone = true) {
    const meter = new StreamMeter("openai", 0);
    meter.push(bytes(text));
    const { text: added, failure } = streamEnding(meter, { endsWithDone, broken, cut });
    const parser = new SseParser();
    const events = [...parser.push(bytes(text + added)), ...parser.end()];
    return { added, failed: failure?.code ?? null, events };
  }

  test.each([
    ["whole", `${finished}data: [DONE]\n\n`, "", null],
    ["whole, connection reset after [DONE]", `${finished}data: [DONE]\n\n`, "", null],
    ["finish but no [DONE]", finished, "data: [DONE]\n\n", null],
    ["[DONE] without its blank line", `${finished}data: [DONE]`, "\n\n", null],
    ["a padded [DONE]", `${finished}data: [DONE] \n\n`, "", null],
    ["a padded [DONE] without its blank line", `${finished}data: [DONE] `, "\n\n", null],
    ["half a [DONE]", `${finished}data: [DO`, "NE]\n\n", null],
    ["no finish", content, expect.stringContaining('"code":"cut"'), "cut"],
    ["the provider's own error", `${content}${error}`, "", "c"],
  ])("%s", (_, text, added, failed) => {
    for (const broken of [false, true]) expect(ending(text, broken)).toMatchObject({ added, failed });
  });

  test("half a usage chunk after the finish is an error, not half a chunk", () => {
    const { failed, events } = ending(`${finished}data: {"id":"c","choices":[],"usa`);
    expect(failed).toBe("cut");
    expect(JSON.parse(events.at(-1) ?? "")).toMatchObject({ choices: null, error: { code: "cut" } });
  });

  test("an API that does not end with [DONE] lacks nothing, unless it broke off", () => {
    expect(ending("event: x\ndata: {}\n\n", false, false)).toMatchObject({ added: "", failed: null });
    expect(ending("event: x\ndata: {}\n\n", true, false)).toMatchObject({ failed: "cut" });
  });
});
