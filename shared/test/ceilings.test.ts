import { describe, expect, test } from "vitest";
import { DEFAULT_CEILINGS, readCeilings } from "../upstream/ceilings.ts";
import { readErrorBody } from "../upstream/fetch.ts";
import { AnswerBudget, readJsonText, readTextUpTo } from "../upstream/read-stream.ts";

describe("the settings", () => {
  test("are bytes; absent and empty ones mean the default", () => {
    expect(readCeilings({})).toEqual(DEFAULT_CEILINGS);
    expect(readCeilings({ MAX_ANSWER_BYTES: "1000", MAX_EVENT_BYTES: "" })).toEqual({
      ...DEFAULT_CEILINGS,
      answerBytes: 1_000,
    });
  });

  test.each(["64 MiB", "0", "-1", "1e9", "9".repeat(20)])("%s is a mistake that names the setting", (value) => {
    expect(() => readCeilings({ MAX_EVENT_BYTES: value })).toThrow("MAX_EVENT_BYTES must be a number of bytes");
  });
});

/** A body that goes on for as long as it is read. */
function endless(chunk: string) {
  const bytes = new TextEncoder().encode(chunk);
  const made = { sent: 0, dropped: false, body: new ReadableStream<Uint8Array>() };
  made.body = new ReadableStream({
    pull: (controller) => {
      made.sent += bytes.byteLength;
      controller.enqueue(bytes.slice());
    },
    cancel: () => {
      made.dropped = true;
    },
  });
  return made;
}

describe("a body without end", () => {
  test("is read up to its budget, then dropped", async () => {
    const source = endless("x".repeat(1_000));
    const budget = new AnswerBudget(10_000);
    await expect(readJsonText(source.body, (bytes) => budget.take("Echo", bytes))).rejects.toMatchObject({
      status: 502,
      code: "invalid_upstream_response",
      message: "Echo's answer is larger than the 10000 bytes that MAX_ANSWER_BYTES allows.",
    });
    expect(source.dropped).toBe(true);
    expect(source.sent).toBeLessThan(13_000);
  });

  test("is cut where its beginning is enough", async () => {
    const source = endless("é");
    expect(await readTextUpTo(source.body, 5)).toEqual({ text: "éé�", isCut: true });
    expect(source.dropped).toBe(true);
  });

  test("of an error that is JSON stays JSON", async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"error":{"code":400,"message":"No ')),
      pull: (controller) => controller.enqueue(new TextEncoder().encode("x".repeat(10_000))),
    });
    let aborted = 0;
    const answer = { response: new Response(body, { status: 400 }), abort: () => void aborted++ };
    const text = await readErrorBody(answer, { provider: "Echo", leftMs: 10_000 });
    expect(JSON.parse(text)).toEqual({ error: { code: 400, message: expect.stringMatching(/^No x{60000,}$/) } });
    expect(aborted).toBe(1);
  });
});

test("a body that fits is read whole, whatever is cut where", async () => {
  const bytes = new TextEncoder().encode("é😀".repeat(3));
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect(await readJsonText(body, () => {})).toBe("é😀é😀é😀");
  expect(await readJsonText(null, () => {})).toBe("");
  const whole = await readTextUpTo(new Response("abc").body, 3);
  expect(whole).toEqual({ text: "abc", isCut: false });
});
