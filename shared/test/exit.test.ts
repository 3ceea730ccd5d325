import { beforeEach, describe, expect, test } from "vitest";
import type { StreamEnd, WholeReply } from "../contract/relay.ts";
import { ApiError } from "../errors.ts";
import { Exit } from "../upstream/exit.ts";
import { Redactor } from "../upstream/redact.ts";
import { failureReply } from "../upstream/reply.ts";

const KEY = "sk-0123456789";
let exit: Exit;
beforeEach(() => {
  exit = new Exit();
  exit.hide(new Redactor([KEY]));
});

const whole = (more: Partial<WholeReply>): WholeReply => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: "{}",
  usage: null,
  ...more,
});

describe("a key leaves in nothing that a relay says", () => {
  test("of a whole answer", () => {
    const reply = exit.reply(
      whole({
        headers: { "content-type": "application/json", "x-ratelimit-limit": KEY, "x-upstream-request-id": `id ${KEY}` },
        body: `{"choices":[{"message":{"content":"It is ${KEY}."}}]}`,
        servedModel: `model-${KEY}`,
        gatewayLogId: KEY,
      }),
    );
    expect(JSON.stringify(reply)).not.toContain(KEY);
    expect(reply).toMatchObject({
      headers: { "x-ratelimit-limit": "[redacted]", "x-upstream-request-id": "id [redacted]" },
      body: '{"choices":[{"message":{"content":"It is [redacted]."}}]}',
      servedModel: "model-[redacted]",
      gatewayLogId: "[redacted]",
    });
  });

  test("of a text that is no JSON", () => {
    const headers = { "content-type": "text/plain" };
    expect(exit.reply(whole({ headers, body: `said "${KEY}" and ${KEY}` }))).toMatchObject({
      body: 'said "[redacted]" and [redacted]',
    });
  });

  test("of a stream: its headers, and what is known at its end", async () => {
    const end: StreamEnd = {
      end: "cut",
      usage: null,
      usageEstimated: true,
      errorCode: `bad ${KEY}`,
      servedModel: KEY,
      gatewayLogId: KEY,
    };
    const reply = exit.reply({
      response: new Response("", { headers: { "content-type": "text/event-stream", "x-gateway-model": KEY } }),
      usage: async () => end,
      cancel: () => {},
    });
    expect(Object.fromEntries(reply.response.headers)).toEqual({
      "content-type": "text/event-stream",
      "x-gateway-model": "[redacted]",
    });
    expect(await reply.usage()).toMatchObject({
      errorCode: "bad [redacted]",
      servedModel: "[redacted]",
      gatewayLogId: "[redacted]",
    });
  });

  test("of an error", () => {
    const error = exit.error(
      new ApiError({
        status: 400,
        message: `no ${KEY}`,
        code: `code ${KEY}`,
        type: `type ${KEY}`,
        param: KEY,
        headers: { "x-request": KEY },
        details: { metadata: { raw: KEY } },
      }),
    );
    expect(JSON.stringify(exit.reply(failureReply(error)))).not.toContain(KEY);
    expect(error).toMatchObject({ message: "no [redacted]", details: { metadata: { raw: "[redacted]" } } });
  });
});

describe("what could be of any length is bounded", () => {
  test("an error's message is cut, its status and code stay", () => {
    const message = `bad ${"x".repeat(30_000_000)}`;
    const error = exit.error(new ApiError({ status: 400, message, code: "bad", details: { raw: message } }));
    expect(error).toMatchObject({ status: 400, code: "bad", message: expect.stringMatching(/^bad x+…$/), details: {} });
    expect(failureReply(error).body.length).toBeLessThan(65_536);
  });

  test("an error that is not too large keeps all that it holds", () => {
    const details = { failed_generation: "x".repeat(50_000) };
    expect(exit.error(new ApiError({ status: 400, message: "bad", details }))).toMatchObject({
      message: "bad",
      details,
    });
  });

  test("a code and a model's name are names", () => {
    const long = "x".repeat(1_000_000);
    expect(exit.error(new ApiError({ status: 400, message: "bad", code: long })).code).toHaveLength(256);
    expect(exit.reply(whole({ servedModel: long })).servedModel).toHaveLength(256);
  });

  test("headers, so that a client can read them: the type of the content is always among them", () => {
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`x-ratelimit-${at}`, "1"]));
    const kept = exit.headers({ ...many, "retry-after": "1", "content-type": "text/plain" });
    expect(Object.keys(kept)).toHaveLength(64);
    expect(kept).toMatchObject({ "retry-after": "1", "content-type": "text/plain", "x-ratelimit-0": "1" });
    const long = "x".repeat(100_000);
    expect(exit.headers({ "x-ratelimit-a": long, "x-ratelimit-b": "1", "content-type": "text/plain" })).toEqual({
      "x-ratelimit-b": "1",
      "content-type": "text/plain",
    });
  });
});
