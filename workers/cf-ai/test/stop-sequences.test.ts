import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StopText, stopSequences } from "../src/stop-sequences.ts";

/** The rule itself: the text up to the first place where any sequence stands. */
function cut(text: string, sequences: readonly string[]): string {
  const places = sequences.map((sequence) => text.indexOf(sequence)).filter((at) => at !== -1);
  return places.length === 0 ? text : text.slice(0, Math.min(...places));
}

test("a text in pieces ends where the whole text would", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 12 });
  const sequences = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "\n"), minLength: 1, maxLength: 4 }), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 8 }), sequences, (pieces, stops) => {
      const stop = new StopText(stops);
      const sent = pieces.map((piece) => stop.push(piece)).join("") + stop.end();
      // A sequence that begins earlier may still be coming when a shorter one inside it is there.
      const whole = pieces.join("");
      expect(whole.startsWith(sent)).toBe(true);
      expect(stop.stopped).toBe(stops.some((sequence) => whole.includes(sequence)));
      if (!stop.stopped) expect(sent).toBe(whole);
      else expect(sent.length).toBeGreaterThanOrEqual(cut(whole, stops).length);
      for (const sequence of stops) expect(sent).not.toContain(sequence);
    }),
  );
});

describe("the request's stop", () => {
  test.each([
    [null, []],
    ["x", ["x"]],
    [["x", ""], ["x"]],
  ])("%j is %j", (stop, sequences) => {
    expect(stopSequences(stop)).toEqual(sequences);
  });

  test.each([[["a", "b", "c", "d", "e"]], [[1]], ["x".repeat(257)]])("%j is a 400", (stop) => {
    expect(() => stopSequences(stop)).toThrow(expect.objectContaining({ status: 400, param: "stop" }));
  });
});
