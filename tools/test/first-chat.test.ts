import { createServer } from "node:http";
import { expect, test, vi } from "vitest";
import { firstChat } from "../dev.ts";
import { listen } from "./listen.ts";

test("a first chat that fails is shown and does not end the mesh", async () => {
  const server = createServer((_, response) => {
    response.writeHead(429).end(JSON.stringify({ error: { message: "Out of neurons for today." } }));
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  const shown = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    await firstChat({ url, token: "t" }, new AbortController().signal);
    expect(shown.mock.calls).toEqual([["429: Out of neurons for today."]]);
  } finally {
    shown.mockRestore();
    server.close();
  }
});
