import { createServer } from "node:http";
import { expect, test } from "vitest";
import { expectCredentials, expectLiveAnswer, notLive } from "../local/live.ts";
import type { LocalProvider } from "../local/providers.ts";
import { listen } from "./listen.ts";

const openai: LocalProvider = { worker: "openai-relay", provider: "openai", live: true, source: "the real API" };
const gemini: LocalProvider = {
  worker: "gemini-relay",
  provider: "gemini",
  live: false,
  source: "offline stand-in: no GEMINI_API_KEY",
  missing: "no GEMINI_API_KEY in workers/gemini-relay/.dev.vars",
};

test("--live without any key does not start, and says which are missing", () => {
  expect(() => expectCredentials([gemini], 0)).toThrow(/no real provider to ask:\n {2}gemini +no GEMINI_API_KEY in/);
});

test("--live starts with one key of several, or with upstreams of one's own only", () => {
  expect(() => expectCredentials([openai, gemini], 0)).not.toThrow();
  expect(() => expectCredentials([gemini], 1)).not.toThrow();
});

test("what a live mesh lacks is said beside the answer", () => {
  expect(notLive([openai, gemini])).toBe("Not live: gemini (no GEMINI_API_KEY in workers/gemini-relay/.dev.vars).");
  expect(notLive([openai])).toBeUndefined();
});

test.each([
  [
    "that a stand-in would answer is refused, with those that could",
    { status: 200, body: { provider: "gemini" } },
    "--live cannot ask gemini: no GEMINI_API_KEY in workers/gemini-relay/.dev.vars. There are credentials for --provider openai.",
  ],
  ["of a provider with a key passes", { status: 200, body: { provider: "openai" } }, undefined],
  ["of an upstream of one's own passes", { status: 200, body: { provider: "groq" } }, undefined],
  ["that the gateway refuses is left to it", { status: 404, body: { error: {} } }, undefined],
])("a live chat %s", async (_, { status, body }, message) => {
  const server = createServer((_request, response) => response.writeHead(status).end(JSON.stringify(body)));
  const url = `http://127.0.0.1:${await listen(server)}`;
  const outcome = await expectLiveAnswer({ url, token: "t", providers: [openai, gemini] }, {}).catch(
    (thrown: unknown) => thrown,
  );
  server.close();
  expect(outcome instanceof Error ? outcome.message : outcome).toBe(message);
});
