import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf, playBytes, sse } from "./helpers.ts";

const text = fc.string({ unit: "binary", maxLength: 20 });
const part = fc.oneof(
  fc.record({ text, thought: fc.boolean() }),
  fc.record({ text, thoughtSignature: fc.base64String({ minLength: 4, maxLength: 16 }) }),
  fc.record({
    functionCall: fc.record({
      name: fc.constantFrom("f", "g"),
      args: fc.dictionary(text, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
    }),
  }),
  fc.record({ executableCode: fc.record({ language: fc.constant("PYTHON"), code: text }) }),
);
const candidate = fc.record(
  {
    index: fc.constantFrom(0, 1),
    content: fc.record({ parts: fc.array(part, { maxLength: 3 }) }),
    finishReason: fc.constantFrom("STOP", "MAX_TOKENS", "SAFETY", "OTHER", "MALFORMED_FUNCTION_CALL"),
  },
  { requiredKeys: ["content"] },
);
const event = fc.record(
  {
    candidates: fc.array(candidate, { maxLength: 2 }),
    usageMetadata: fc.record({
      promptTokenCount: fc.nat(99),
      candidatesTokenCount: fc.nat(99),
      totalTokenCount: fc.nat(200),
    }),
    modelVersion: fc.constant("gemini-x"),
    error: fc.record({ code: fc.constantFrom(400, 429, 503), message: text }),
  },
  { requiredKeys: ["candidates"] },
);

/** Errors are rare in life, and end a stream: most streams here are to go on. */
const events = fc
  .array(event, { minLength: 1, maxLength: 6 })
  .map((list) =>
    list.map((one, position) => (position % 5 === 4 || one.error === undefined ? one : { ...one, error: undefined })),
  );

const framings: [string, (list: unknown[]) => string][] = [
  ["LF", (list) => sse(...list)],
  ["CRLF", (list) => sse(...list).replaceAll("\n", "\r\n")],
  ["a JSON list", (list) => JSON.stringify(list)],
];

test.each(framings)("any stream in %s, cut at any bytes, gives the same chunks, usage and end", (_, frame) => {
  fc.assert(
    fc.property(events, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (list, places) => {
      const bytes = bytesOf(frame(list));
      const cuts = places.map((place) => Math.floor(place * bytes.length)).sort((a, b) => a - b);
      const whole = playBytes(bytes, [], true);
      const cut = playBytes(bytes, cuts, true);
      expect(cut.chunks).toEqual(whole.chunks);
      expect(cut.error).toEqual(whole.error);
      expect(cut.stream.usage).toEqual(whole.stream.usage);
      // Whatever Gemini says, what the client gets is well-formed: one [DONE] at a good end, none after an error.
      expect(cut.done).toBe(cut.error === null ? 1 : 0);
    }),
    { numRuns: 300 },
  );
});
