import { describe, expect, test } from "vitest";
import { readJson } from "../src/request/body.ts";

describe("a body", () => {
  const post = (body: BodyInit, type = "application/json", more: Record<string, string> = {}) => {
    const init = { method: "POST", body, headers: { "content-type": type, ...more }, duplex: "half" };
    return readJson(new Request("https://x/", init as RequestInit), 20);
  };

  test.each(["application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"])(
    "of type %s is read",
    async (type) => {
      await expect(post('{"a":1}', type)).resolves.toEqual({ text: '{"a":1}', value: { a: 1 } });
    },
  );

  test.each(["text/plain", "application/jsonp", "", "multipart/form-data", "x-application/json"])(
    "of type %j is a 415",
    async (type) => {
      await expect(post("{}", type)).rejects.toMatchObject({
        status: 415,
        code: "unsupported_media_type",
        param: "content-type",
      });
    },
  );

  test("of the limit's size is read, and one byte more is a 413, declared or not", async () => {
    const text = (bytes: number) => `{"a":"${"x".repeat(bytes - 8)}"}`;
    for (const declared of [true, false]) {
      const sent = (bytes: number) =>
        post(text(bytes), "application/json", declared ? { "content-length": `${bytes}` } : {});
      await expect(sent(20)).resolves.toMatchObject({ text: text(20) });
      await expect(sent(21)).rejects.toMatchObject({ status: 413, code: "request_too_large" });
    }
  });

  test.each(["{", "", "null", "[]", '"x"', "1"])("that is no JSON object is a 400: %j", async (body) => {
    await expect(post(body)).rejects.toMatchObject({ status: 400, code: "invalid_json" });
  });

  test("whose size is not declared is cut off at the limit", async () => {
    const stream = new Blob([`{"a":"${"x".repeat(50)}"}`]).stream();
    await expect(post(stream)).rejects.toMatchObject({ status: 413, code: "request_too_large" });
  });

  test("that breaks off is a client that left, not a fault of ours", async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"a":'));
      },
      pull(controller) {
        controller.error(new Error("Network connection lost."));
      },
    });
    await expect(post(stream)).rejects.toMatchObject({ status: 499, code: "client_closed_request" });
  });

  test("with a character cut between two chunks is read whole", async () => {
    const bytes = new TextEncoder().encode('{"a":"é"}');
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes.slice(0, 7));
        controller.enqueue(bytes.slice(7));
        controller.close();
      },
    });
    await expect(post(stream)).resolves.toMatchObject({ value: { a: "é" } });
  });
});
