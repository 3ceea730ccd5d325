import { expect, test } from "vitest";
import { checkNodes } from "../formats/json-nodes.ts";
import { SseParser } from "../formats/sse.ts";

test.each(["{},", "[],", '{"a":[]},'])(
  "a text of more objects and lists than memory takes is no answer: %s",
  (unit) => {
    expect(() => checkNodes(`[${unit.repeat(1_000_001)}0]`)).toThrow("more than 1000000 objects and lists");
  },
);

test("numbers may be many: embeddings are", () => {
  expect(() => checkNodes(`[${"0.25,".repeat(2_000_000)}0]`)).not.toThrow();
});

test("nor is an event of so many", () => {
  const bytes = new TextEncoder().encode(`data: [${"{},".repeat(1_000_001)}0]\n\n`);
  expect(() => new SseParser().push(bytes)).toThrow("objects and lists");
});
