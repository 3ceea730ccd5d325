import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ENOUGH, JOIN_MS, JoiningWriter } from "../upstream/joining-writer.ts";

let sent: string[];
let closed: boolean;

function sink(write: (text: string) => void = (text) => void sent.push(text)): WritableStream<Uint8Array> {
  return new WritableStream({
    write: (bytes) => write(new TextDecoder().decode(bytes)),
    close: () => {
      closed = true;
    },
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  closed = false;
});

afterEach(() => {
  vi.useRealTimers();
});

test("a piece that comes alone leaves at once", async () => {
  const writer = new JoiningWriter(sink());
  await writer.write("a");
  expect(sent).toEqual(["a"]);
  vi.advanceTimersByTime(JOIN_MS);
  await writer.write("b");
  expect(sent).toEqual(["a", "b"]);
});

test("the pieces of a burst leave together, in order", async () => {
  const writer = new JoiningWriter(sink());
  for (const piece of ["a", "b", "", "c", "d"]) await writer.write(piece);
  expect(sent).toEqual(["a"]);
  await vi.advanceTimersByTimeAsync(JOIN_MS);
  expect(sent).toEqual(["a", "bcd"]);
});

test("what is waiting leaves when there is enough of it", async () => {
  const writer = new JoiningWriter(sink());
  await writer.write("a");
  await writer.write("b");
  await writer.write("c".repeat(ENOUGH));
  expect(sent).toEqual(["a", `b${"c".repeat(ENOUGH)}`]);
});

test("closing sends what is waiting first", async () => {
  const writer = new JoiningWriter(sink());
  await writer.write("a");
  await writer.write("b");
  await writer.close();
  expect(sent).toEqual(["a", "b"]);
  expect(closed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test("a reader that left while text was waiting shows in the next write", async () => {
  const writer = new JoiningWriter(
    sink(() => {
      if (sent.push("") > 1) throw new Error("left");
    }),
  );
  await writer.write("a");
  await writer.write("b");
  await vi.advanceTimersByTimeAsync(JOIN_MS);
  vi.advanceTimersByTime(JOIN_MS);
  await expect(writer.write("c")).rejects.toThrow("left");
});

test("a reader that left while text was waiting shows when closing", async () => {
  const writer = new JoiningWriter(
    sink(() => {
      if (sent.push("") > 1) throw new Error("left");
    }),
  );
  await writer.write("a");
  await writer.write("b");
  await vi.advanceTimersByTimeAsync(JOIN_MS);
  await expect(writer.close()).rejects.toThrow("left");
});
