import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { askSibling } from "../src/serving/ask-sibling.ts";

const isReply = (value: unknown): value is { ok: true } => typeof value === "object" && value !== null && "ok" in value;
const question = (ask: () => Promise<unknown> | undefined) => ({
  worker: "tokenizer" as const,
  isReply,
  timeoutMs: 1_000,
  ask,
});
const request = (signal?: AbortSignal) => new Request("https://gateway/", signal && { signal });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("another Worker that is asked", () => {
  test("gives its reply, and leaves no timer behind", async () => {
    await expect(
      askSibling(
        request(),
        question(async () => ({ ok: true })),
      ),
    ).resolves.toEqual({ ok: true });
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each<[string, () => Promise<unknown> | undefined]>([
    ["rejects", () => Promise.reject(new Error("gone"))],
    [
      "throws at once",
      () => {
        throw new Error("gone");
      },
    ],
    ["answers 42", async () => 42],
    ["has no such method", () => undefined],
  ])("is unavailable when it %s", async (_name, ask) => {
    await expect(askSibling(request(), question(ask))).rejects.toMatchObject({
      status: 502,
      code: "tokenizer_unavailable",
    });
  });

  test("is not waited for longer than its time", async () => {
    const asked = askSibling(
      request(),
      question(() => new Promise(() => {})),
    );
    const failed = expect(asked).rejects.toMatchObject({ status: 504, code: "tokenizer_unavailable" });
    await vi.advanceTimersByTimeAsync(1_000);
    await failed;
  });

  test("is not waited for once the client has left", async () => {
    const client = new AbortController();
    const asked = askSibling(
      request(client.signal),
      question(() => new Promise(() => {})),
    );
    client.abort();
    await expect(asked).rejects.toMatchObject({ status: 499, condition: "cancelled" });
    expect(vi.getTimerCount()).toBe(0);
  });
});
