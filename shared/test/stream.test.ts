import { beforeAll, describe, expect, test, vi } from "vitest";
import { ApiError, badRequest } from "../errors.ts";
import type { ChatEvent } from "../formats/chat-events.ts";
import { ChatStreamWriter } from "../formats/chat-writer.ts";
import { readCompletionRequest } from "../formats/completion-request.ts";
import { CompletionStreamWriter } from "../formats/completion-writer.ts";
import { Attempt } from "../upstream/attempt.ts";
import { Redactor } from "../upstream/redact.ts";
import { type ConvertedStreamOptions, convertedStream, type UpstreamStream } from "../upstream/stream.ts";
import { type StreamTranslator, WrittenAnswers } from "../upstream/stream-translator.ts";

const envelope = { id: "chatcmpl-1", created: 7, model: "m" };
const encoder = new TextEncoder();

beforeAll(() => {
  // workerd's; Node's differs only in that it runs JavaScript for each chunk.
  vi.stubGlobal("IdentityTransformStream", TransformStream);
});

/** Says each event's data; "last" completes the answer, "fail" throws, "think" is reasoning, "count" reports tokens. */
class Echo implements StreamTranslator {
  finished = false;

  push(data: string): ChatEvent[] {
    this.finished = data === "last";
    if (data === "fail") throw badRequest("broken");
    if (data.startsWith("fail ")) throw badRequest(`No key ${data.slice(5)}`);
    if (data === "begin") return [{ type: "begun", servedModel: "m-1", members: {} }];
    if (data === "think") return [{ type: "reasoning", choice: 0, text: "Hmmm" }];
    if (data === "count") {
      return [{ type: "usage", usage: { promptTokens: 1, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0 } }];
    }
    return [{ type: "text", choice: 0, text: data }];
  }

  end(): ChatEvent[] {
    return [{ type: "finish", choice: 0, reason: "stop" }];
  }
}

interface Source extends UpstreamStream {
  send(data: string): void;
  close(): void;
  breakOff(): void;
  aborted: number;
}

/** A provider that says what the test makes it say. */
function source(...events: string[]): Source {
  const stream = new TransformStream<Uint8Array, Uint8Array>({}, { highWaterMark: 100 }, { highWaterMark: 100 });
  const writer = stream.writable.getWriter();
  const made: Source = {
    body: stream.readable,
    aborted: 0,
    abort: () => {
      made.aborted++;
      writer.abort(new Error("aborted")).catch(() => {});
    },
    send: (data) => void writer.write(encoder.encode(`data: ${data}\n\n`)).catch(() => {}),
    close: () => void writer.close().catch(() => {}),
    breakOff: () => void writer.abort(new Error("reset")).catch(() => {}),
  };
  for (const event of events) made.send(event);
  return made;
}

function ended(...events: string[]): Source {
  const made = source(...events);
  made.close();
  return made;
}

function options(upstream: UpstreamStream, more: Partial<ConvertedStreamOptions> = {}): ConvertedStreamOptions {
  return {
    provider: "Echo",
    upstream,
    attempt: new Attempt({ requestId: "r", sessionId: "s" }),
    converter: new WrittenAnswers({
      writer: new ChatStreamWriter(envelope, false),
      translator: () => new Echo(),
      estimatePrompt: () => 7,
      showEstimates: true,
    }),
    holdForContent: false,
    deadlines: { firstByteMs: 60_000, idleMs: 60_000, totalMs: 60_000 },
    waitUntil: () => {},
    ...more,
  };
}

function prompts(prompt: string[]): WrittenAnswers {
  return new WrittenAnswers({
    writer: new CompletionStreamWriter(readCompletionRequest(JSON.stringify({ prompt })), envelope, true),
    translator: () => new Echo(),
    estimatePrompt: (at) => (at + 1) * 10,
    showEstimates: true,
  });
}

function said(sse: string): string {
  return [...sse.matchAll(/"(?:content|text)":"(\w+)"/g)].map(([, text]) => text).join(" ");
}

describe("a stream of one answer", () => {
  test("is told in order, ends with [DONE] and with its counts", async () => {
    const reply = await convertedStream(options(ended("begin", "one", "two", "count")));
    const sse = await reply.response.text();
    expect(said(sse)).toBe("one two");
    expect(sse.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(await reply.usage()).toEqual({
      end: "complete",
      usage: { promptTokens: 1, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0 },
      usageEstimated: false,
      servedModel: "m-1",
    });
  });

  test("that breaks off after its first word ends with an error event and is cut, its tokens estimated", async () => {
    const upstream = source("one");
    const reply = await convertedStream(options(upstream));
    upstream.breakOff();
    const sse = await reply.response.text();
    expect(said(sse)).toBe("one");
    expect(sse).toMatch(/data: {"error":.*upstream_unreachable.*}\n\n$/);
    expect(await reply.usage()).toEqual({
      end: "cut",
      errorCode: "upstream_unreachable",
      usage: { promptTokens: 7, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0 },
      usageEstimated: true,
    });
  });

  test("that fails before anything was said is a failed attempt, and the provider is dropped", async () => {
    const upstream = source("fail");
    await expect(convertedStream(options(upstream))).rejects.toThrow("broken");
    expect(upstream.aborted).toBe(1);
  });

  test("is held until content has come where another attempt waits", async () => {
    const upstream = source("begin", "count");
    const reply = convertedStream(options(upstream, { holdForContent: true }));
    expect(await Promise.race([reply, new Promise((resolve) => setTimeout(resolve, 20, "held"))])).toBe("held");
    upstream.send("think");
    upstream.close();
    expect(await (await reply).response.text()).toContain('"reasoning_content":"Hmmm"');
  });

  test("that fails while it is held has used what the provider has counted by then, and nothing that we estimate", async () => {
    const held = { holdForContent: true };
    await expect(convertedStream(options(source("begin", "count", "fail"), held))).rejects.toMatchObject({
      usage: { promptTokens: 1, completionTokens: 1 },
    });
    await expect(convertedStream(options(source("begin", "fail"), held))).rejects.toMatchObject({ usage: undefined });
  });

  test("that is no longer wanted while it is held drops the provider", async () => {
    const upstream = source("begin");
    const unwanted = Promise.withResolvers<void>();
    const attempt = new Attempt({ requestId: "r", sessionId: "s", cancelled: () => unwanted.promise });
    const reply = convertedStream(options(upstream, { attempt, holdForContent: true }));
    unwanted.resolve();
    await expect(reply).rejects.toMatchObject({ status: 499, condition: "cancelled" });
    expect(upstream.aborted).toBeGreaterThan(0);
  });

  test("that is larger than what may be kept of it ends with an error that says so", async () => {
    const upstream = source(...Array<string>(50).fill("x".repeat(100)));
    const attempt = new Attempt({ requestId: "r", sessionId: "s" });
    attempt.ceilings = { answerBytes: 1_000, eventBytes: 500 };
    const reply = await convertedStream(options(upstream, { attempt }));
    expect(await reply.response.text()).toContain("larger than the 1000 bytes that MAX_ANSWER_BYTES allows");
    expect(await reply.usage()).toMatchObject({ end: "cut", errorCode: "invalid_upstream_response" });
    expect(upstream.aborted).toBeGreaterThan(0);
  });

  test("that holds an event without end is a failed attempt", async () => {
    const upstream = source("x".repeat(1_000));
    const attempt = new Attempt({ requestId: "r", sessionId: "s" });
    attempt.ceilings = { answerBytes: 1_000, eventBytes: 500 };
    await expect(convertedStream(options(upstream, { attempt }))).rejects.toMatchObject({
      code: "invalid_upstream_response",
      message: expect.stringContaining("MAX_EVENT_BYTES"),
    });
  });

  test("says our key neither in its text nor in the error that it ends with", async () => {
    const attempt = new Attempt({ requestId: "r", sessionId: "s" });
    attempt.exit.hide(new Redactor(["sk-0123456789"]));
    const reply = await convertedStream(options(ended("It is sk-0123456789", "fail sk-0123456789"), { attempt }));
    const sse = await reply.response.text();
    expect(sse).not.toContain("sk-0123456789");
    expect(sse).toContain("No key [redacted]");
  });

  test("that is cancelled drops the provider and is aborted", async () => {
    const upstream = source("one");
    const reply = await convertedStream(options(upstream));
    reply.cancel();
    expect(await reply.response.text()).not.toContain("error");
    expect(await reply.usage()).toMatchObject({ end: "aborted", usageEstimated: true });
    expect(upstream.aborted).toBeGreaterThan(0);
  });

  test("whose client leaves drops the provider and is aborted", async () => {
    const upstream = source("one");
    const reply = await convertedStream(options(upstream));
    await reply.response.body?.cancel();
    upstream.send("two");
    upstream.send("three");
    expect(await reply.usage()).toMatchObject({ end: "aborted" });
    expect(upstream.aborted).toBeGreaterThan(0);
  });

  test.each([
    ["a first word", { firstByteMs: 5 }, false, [], "the next chunk"],
    ["content", { contentMs: 5 }, true, ["begin"], "content"],
  ])("that does not send %s in time is a failed attempt", async (_name, deadlines, holdForContent, events, missed) => {
    const upstream = source(...events);
    const given = options(upstream, { holdForContent });
    const late = convertedStream({ ...given, deadlines: { ...given.deadlines, ...deadlines } });
    await expect(late).rejects.toMatchObject({ status: 504, message: `Echo did not send ${missed} in time.` });
  });

  test("that falls silent ends with an error event", async () => {
    const given = options(source("one"));
    const reply = await convertedStream({ ...given, deadlines: { idleMs: 5 } });
    expect(await reply.response.text()).toContain("upstream_timeout");
    expect(await reply.usage()).toMatchObject({ end: "cut", errorCode: "upstream_timeout" });
  });

  test("whose answer is complete ends though the provider goes on", async () => {
    const upstream = source("one", "last");
    const reply = await convertedStream(options(upstream));
    expect(said(await reply.response.text())).toBe("one last");
    expect(await reply.usage()).toMatchObject({ end: "complete" });
    expect(upstream.aborted).toBeGreaterThan(0);
  });
});

describe("a stream of several prompts", () => {
  test("asks for the next prompt once an answer is complete, though its stream goes on", async () => {
    const first = source("one", "last");
    const second = ended("two");
    const third = ended("three");
    const opened: string[] = [];
    const later = [second, third].map((upstream, at) => async () => {
      opened.push(`${at + 2} after ${first.aborted} dropped`);
      return upstream;
    });
    const reply = await convertedStream(options(first, { later, converter: prompts(["p", "q", "r"]) }));
    const sse = await reply.response.text();
    expect(said(sse)).toBe("one last two three");
    expect([...sse.matchAll(/"index":(\d),"logprobs":null,"finish_reason":"stop"/g)].map(([, at]) => at)).toEqual([
      "0",
      "1",
      "2",
    ]);
    expect(opened).toEqual(["2 after 1 dropped", "3 after 1 dropped"]);
  });

  test("adds up the counts of the answers, estimated where one of them is", async () => {
    const later = [async () => ended("two")];
    const reply = await convertedStream(options(ended("one", "count"), { later, converter: prompts(["p", "q"]) }));
    expect(await reply.response.text()).toContain('"prompt_tokens":21,"completion_tokens":2,"total_tokens":23');
    expect(await reply.usage()).toMatchObject({ usageEstimated: true, usage: { promptTokens: 21 } });
  });

  test("ignores what comes behind a complete answer", async () => {
    const first = ended();
    const together = new Blob(["data: one\n\ndata: last\n\ndata: fail\n\n"]).stream();
    const later = [async () => ended("two")];
    const upstream = { ...first, body: together };
    const reply = await convertedStream(options(upstream, { later, converter: prompts(["p", "q"]) }));
    expect(said(await reply.response.text())).toBe("one last two");
  });

  test("ends with an error event when a later prompt cannot be asked", async () => {
    const failing = async () => {
      throw new ApiError({ status: 429, message: "Slow down." });
    };
    const reply = await convertedStream(options(ended("one"), { later: [failing], converter: prompts(["p", "q"]) }));
    const sse = await reply.response.text();
    expect(said(sse)).toBe("one");
    expect(sse).toContain("Slow down.");
    expect(await reply.usage()).toMatchObject({ end: "cut" });
  });

  test("drops a later prompt that is being asked when the client leaves, and opens no other", async () => {
    let opened = 0;
    const asking = async (dropped: () => Promise<void>): Promise<UpstreamStream> => {
      opened++;
      await dropped();
      throw new Error("dropped");
    };
    const later = [asking, asking];
    const reply = await convertedStream(options(ended("one"), { later, converter: prompts(["p", "q", "r"]) }));
    const read = reply.response.text();
    await vi.waitFor(() => expect(opened).toBe(1));
    reply.cancel();
    expect(said(await read)).toBe("one");
    expect(await reply.usage()).toMatchObject({ end: "aborted" });
    expect(opened).toBe(1);
  });
});
