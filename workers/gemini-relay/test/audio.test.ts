import { describe, expect, test } from "vitest";
import { Base64Joiner } from "../src/base64-joiner.ts";
import { candidate, deltas, messageOf, play, sse } from "./helpers.ts";

const bytes = Buffer.from("0123456789abcdefghijklmnopqrstuvwxyz");
const piece = (from: number, to: number) => bytes.subarray(from, to).toString("base64");
const spoken = (data: string) => ({ inlineData: { mimeType: "audio/L16;rate=24000", data } });

describe("audio that comes in pieces", () => {
  test.each([[1], [2], [3], [4], [7], [36]])("of %i bytes can be joined as text", (size) => {
    const joiner = new Base64Joiner();
    let text = "";
    for (let at = 0; at < bytes.length; at += size) text += joiner.push(piece(at, at + size));
    expect(Buffer.from(text + joiner.end(), "base64")).toEqual(bytes);
    expect((text + joiner.end()).indexOf("=")).toBe(-1);
  });

  test("is one file in a whole answer", () => {
    const message = messageOf([spoken(piece(0, 5)), spoken(piece(5, 36))]);
    expect(message["audio"]).toMatchObject({ data: bytes.toString("base64") });
  });

  test("is one file in a stream: one id, and data that joins", () => {
    const run = play(
      sse(
        candidate([spoken(piece(0, 5))]),
        candidate([spoken(piece(5, 7))]),
        candidate([spoken(piece(7, 35))], { finishReason: "STOP" }),
      ),
    );
    const audio = deltas(run).flatMap(({ audio: one }) => (one === undefined ? [] : [Object(one)]));
    expect(audio.map(({ id }) => id)).toEqual(["call_0", undefined, undefined, undefined, undefined]);
    expect(Buffer.from(audio.map(({ data }) => data).join(""), "base64")).toEqual(bytes.subarray(0, 35));
  });

  test("ends as OpenAI's does: with a delta of its expiry alone, the transcript before it", () => {
    const run = play(sse(candidate([spoken(piece(0, 6))], { finishReason: "STOP" })));
    expect(deltas(run)).toEqual([
      { role: "assistant", content: null, audio: { id: "call_0", data: piece(0, 6), transcript: "" } },
      { audio: { expires_at: 0 } },
      {},
    ]);
  });

  test("that is no base64 is an answer that cannot be read", () => {
    expect(play(sse(candidate([spoken("?")], { finishReason: "STOP" }))).error).toMatchObject({ status: 502 });
  });
});
