import { describe, expect, test } from "vitest";
import { ApiError } from "../errors.ts";
import { cutEventEnding, missingDone } from "../formats/complete-cut-event.ts";
import { SseParser } from "../formats/sse.ts";

const error = new ApiError({ status: 502, message: "cut", code: "cut" });
const chunk =
  '{"id":"x","n":-1.5e3,"ok":true,"choices":[{"index":0,"delta":{"content":"a\\"\\u00e9\\\\é😀"},"finish_reason":"stop"}],"u":{},"l":[[1,null]],"e":""}';

/** The data of all events that a client reads. */
function read(...parts: (string | Uint8Array)[]): string[] {
  const parser = new SseParser();
  const bytes = parts.map((part) => (typeof part === "string" ? new TextEncoder().encode(part) : part));
  return [...bytes.flatMap((part) => parser.push(part)), ...parser.end()];
}

describe("a stream that was cut in the middle of an event", () => {
  const before = 'data: {"id":"x","choices":[]}\n\n';
  const whole = new TextEncoder().encode(`: ping\r\nevent: message\r\ndata: ${chunk}\r\n\r\n`);

  test("ends in one error that a client can parse, wherever it was cut", () => {
    for (let cut = 0; cut < whole.length - 4; cut++) {
      const parser = new SseParser();
      parser.push(new TextEncoder().encode(before));
      parser.push(whole.subarray(0, cut));
      const events = read(before, whole.subarray(0, cut), cutEventEnding(parser.unfinished, error));
      expect(events, `cut at ${cut}`).toHaveLength(2);
      const last = JSON.parse(events[1] ?? "");
      expect(last.error, `cut at ${cut}`).toEqual({ message: "cut", type: "upstream_error", param: null, code: "cut" });
      expect(last.choices ?? null, `cut at ${cut}`).toBeNull();
    }
  });

  test.each(["\n", "\r\n", "\r"])("so does an event of several lines, whatever ends them: %j", (end) => {
    const lines = JSON.stringify(JSON.parse(chunk), null, 1).split("\n");
    const whole = lines.map((line) => `data: ${line}${end}`).join("");
    const closed = whole.lastIndexOf("}") + 1;
    for (let cut = 0; cut < closed; cut++) {
      const parser = new SseParser();
      const half = new TextEncoder().encode(whole.slice(0, cut));
      parser.push(half);
      const events = read(half, cutEventEnding(parser.unfinished, error)).map((data) => JSON.parse(data));
      expect(events, `cut at ${cut}`).toMatchObject([{ error: { code: "cut" } }]);
      expect(events[0].choices ?? null, `cut at ${cut}`).toBeNull();
    }
  });

  test.each(["\n", "\r\n", "\r"])("after a whole event without its blank line keeps that event: %j", (end) => {
    const parser = new SseParser();
    const text = `data: {"a":1}${end}`;
    parser.push(new TextEncoder().encode(text));
    const events = read(text, cutEventEnding(parser.unfinished, error)).map((data) => JSON.parse(data));
    expect(events).toMatchObject([{ a: 1 }, { error: { code: "cut" } }]);
  });

  test("after something that is no JSON gets the error as an event of its own", () => {
    const parser = new SseParser();
    parser.push(new TextEncoder().encode("data: oops"));
    expect(read("data: oops", cutEventEnding(parser.unfinished, error))).toMatchObject(["oops", /"cut"/]);
  });
});

describe("a stream whose answer is whole has one [DONE]", () => {
  test.each([
    "",
    "d",
    "data:",
    "data: ",
    "data: [DO",
    "data: [DONE]",
    "data: [DONE]\n",
    ": pin",
    "event: x\n",
    'data: {"a":1}',
    'data: {"a":1}\n',
    'data: {"a":1}\r',
    "data: [DONE]\r",
    "data",
    'data: {"a":1}\r\n\r\ndata:',
  ])("when it stopped after %j", (text) => {
    const parser = new SseParser();
    parser.push(new TextEncoder().encode(text));
    const ending = missingDone(parser.unfinished);
    expect(read(text, ending)).toEqual(text.includes("{") ? ['{"a":1}', "[DONE]"] : ["[DONE]"]);
    // OpenAI's SDKs read an event whose data is empty, and fail on it.
    expect(text + ending).not.toMatch(/data:? ?(?:\r\n|\n|\r)/);
  });
});
