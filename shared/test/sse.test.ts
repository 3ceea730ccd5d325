import { describe, expect, test } from "vitest";
import { isDone, SSE_DONE, SseParser, sseEvent } from "../formats/sse.ts";

function parse(text: string): string[] {
  const parser = new SseParser();
  return [...parser.push(new TextEncoder().encode(text)), ...parser.end()];
}

test("an event whose data is empty is none, as the specification has it", () => {
  expect(parse("data:\n\ndata: a\n\ndata: \n\nevent: ping\n\ndata\n\ndata:")).toEqual(["a"]);
});

test("several data lines are one event, with line ends between", () => {
  expect(parse('data: {"a":\ndata: 1}\n\n')).toEqual(['{"a":\n1}']);
});

test("every line end, a mark at the start, fields that nobody needs, no blank line at the end", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = ["\ufeffevent: x", "id: 1", "retry: 5", ": comment", "data:a", "", "data:  b"].join(end);
    expect(parse(text), JSON.stringify(end)).toEqual(["a", " b"]);
  }
});

test("the events are the same wherever the bytes are cut", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = ["data: é", "data: b", "", ": comment", "", "data: c", "", "data: d"].join(end);
    const bytes = new TextEncoder().encode(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const parser = new SseParser();
      const events = [...parser.push(bytes.subarray(0, cut)), ...parser.push(bytes.subarray(cut)), ...parser.end()];
      expect(events, `${JSON.stringify(end)} at ${cut}`).toEqual(["é\nb", "c", "d"]);
    }
  }
});

test.each([
  ["", { line: "", data: null, afterCr: false }],
  ["data: a\n\n", { line: "", data: null, afterCr: false }],
  ["data: a\n\ndat", { line: "dat", data: null, afterCr: false }],
  ["data: a\n", { line: "", data: "a", afterCr: false }],
  ["data: a\r", { line: "", data: "a", afterCr: true }],
  ["data: a\ndata: b\nevent", { line: "event", data: "a\nb", afterCr: false }],
])("of a stream that stops after %j what is unfinished is known", (text, unfinished) => {
  const parser = new SseParser();
  parser.push(new TextEncoder().encode(text));
  expect(parser.unfinished).toEqual(unfinished);
});

test("an event is written as it is read", () => {
  const data = { text: "two\nlines, a \r and é" };
  expect(parse(sseEvent(data) + SSE_DONE)).toEqual([JSON.stringify(data), "[DONE]"]);
});

test("[DONE] is the end, padded or not", () => {
  for (const data of ["[DONE]", "[DONE] ", " [DONE]\t"]) expect(isDone(data)).toBe(true);
  for (const data of ["", "[DONE", '"[DONE]"']) expect(isDone(data)).toBe(false);
});

describe("an event without end", () => {
  test.each([
    ["a line", "data: ", "x".repeat(1_000)],
    ["many lines", "", "data: x\n"],
    ["a comment", ":", "x".repeat(1_000)],
  ])("throws early, and nothing is kept of it: %s", (_, first, more) => {
    const parser = new SseParser(10_000);
    const push = (text: string) => parser.push(new TextEncoder().encode(text));
    push(first);
    let pushed = 0;
    expect(() => {
      for (; pushed < 100_000; pushed += more.length) push(more);
    }).toThrow("larger than the 10000 bytes that MAX_EVENT_BYTES allows");
    expect(pushed).toBeLessThan(50_000);
    expect(parser.unfinished).toMatchObject({ line: "", data: null });
  });

  test("as long as it is below, it is an event", () => {
    const parser = new SseParser(10_000);
    expect(parser.push(new TextEncoder().encode(`data: ${"x".repeat(9_990)}\n\n`))).toEqual(["x".repeat(9_990)]);
  });
});
