import { Attempt, runAttempt } from "@ai-proxy/shared/upstream/attempt";
import { hasKeys, secretsOf } from "@ai-proxy/shared/upstream/provider-api";
import type { FailedReply } from "@ai-proxy/shared/upstream/reply";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ask, type RequestParts, streamBody } from "../src/send.ts";
import { type Settings, Upstreams } from "../src/upstreams.ts";

const AI_GATEWAY = "https://gateway.ai.cloudflare.com/v1/acct/gw/openai";
const UPSTREAMS = { groq: { base_url: AI_GATEWAY.replace("openai", "groq"), key: "GROQ_API_KEY" } };
const CHAT: RequestParts = { path: "/chat/completions", body: "{}" };

afterEach(() => vi.unstubAllGlobals());

/** How an upstream request leaves. */
async function sent(
  settings: Settings,
  name?: string,
  { traceparent, ...parts }: Partial<RequestParts> & { traceparent?: string } = {},
): Promise<Request> {
  const fetched = vi.fn(async (_url: string, _init: RequestInit) => new Response());
  vi.stubGlobal("fetch", fetched);
  const attempt = new Attempt({ requestId: "r", sessionId: "s", ...(traceparent !== undefined && { traceparent }) });
  await ask(attempt, new Upstreams(settings).get(name), { ...CHAT, ...parts });
  const [call] = fetched.mock.calls;
  return new Request(call?.[0] ?? "", call?.[1]);
}

const headersOf = async (settings: Settings, name?: string) => (await sent(settings, name)).headers;

describe("an AI Gateway that stores the provider's keys", () => {
  const settings = { OPENAI_BASE_URL: AI_GATEWAY, UPSTREAMS, CF_AIG_TOKEN: "aig-token-1" };

  test.each([undefined, "groq"])("is asked with its own token alone (upstream %s)", async (name) => {
    expect(hasKeys(new Upstreams(settings).get(name))).toBe(true);
    const headers = await headersOf(settings, name);
    expect(headers.get("cf-aig-authorization")).toBe("Bearer aig-token-1");
    expect(headers.has("authorization")).toBe(false);
  });

  test("gets a key that is set", async () => {
    const headers = await headersOf({ ...settings, OPENAI_API_KEY: "sk-1" });
    expect(headers.get("authorization")).toBe("Bearer sk-1");
  });

  test.each([
    { ...settings, CF_AIG_TOKEN: "" },
    { ...settings, OPENAI_BASE_URL: "https://api.openai.com/v1" },
  ])("without its token, or elsewhere, a missing key is a 503: %j", async (other) => {
    expect(hasKeys(new Upstreams(other).get())).toBe(false);
    await expect(headersOf(other)).rejects.toMatchObject({
      status: 503,
      code: "not_configured",
      message: "The secret OPENAI_API_KEY is not set.",
    });
  });
});

describe("an upstream request", () => {
  const azure = {
    base_url: "https://acme.example/v1?api-version=preview",
    key: "AZURE_KEY",
    key_header: "api-key",
    headers: { "x-team": "a" },
  };
  const local = { base_url: "http://localhost:11434/v1" };
  const settings = { OPENAI_API_KEY: "sk-1", AZURE_KEY: "az-1", UPSTREAMS: { azure, local } };

  test("goes to the upstream's path as a POST of JSON, with its key", async () => {
    const request = await sent(settings);
    expect([request.method, request.url]).toEqual(["POST", "https://api.openai.com/v1/chat/completions"]);
    expect(await request.text()).toBe("{}");
    expect(Object.fromEntries(request.headers)).toEqual({
      authorization: "Bearer sk-1",
      "content-type": "application/json",
    });
  });

  test("carries the headers of the entry, with the key as it is in a header of its own", async () => {
    expect(Object.fromEntries(await headersOf(settings, "azure"))).toEqual({
      "api-key": "az-1",
      "content-type": "application/json",
      "x-team": "a",
    });
  });

  test("carries no key to a server that wants none", async () => {
    expect(hasKeys(new Upstreams(settings).get("local"))).toBe(true);
    expect(Object.fromEntries(await headersOf(settings, "local"))).toEqual({ "content-type": "application/json" });
  });

  test.each([
    [undefined, undefined, ""],
    [undefined, "?", ""],
    [undefined, "?limit=2", "?limit=2"],
    ["azure", undefined, "?api-version=preview"],
    ["azure", "?", "?api-version=preview"],
    ["azure", "?limit=2", "?api-version=preview&limit=2"],
  ])("to %s that asks %s has the search %s", async (name, search, expected) => {
    const request = await sent(settings, name, search === undefined ? {} : { search });
    expect(new URL(request.url).search).toBe(expected);
  });

  test("passes method, type, beta and trace on", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const parts = { method: "PUT", contentType: "text/plain", beta: "assistants=v2", traceparent };
    const request = await sent(settings, undefined, parts);
    expect(request.method).toBe("PUT");
    expect(Object.fromEntries(request.headers)).toEqual({
      authorization: "Bearer sk-1",
      "content-type": "text/plain",
      "openai-beta": "assistants=v2",
      traceparent,
    });
  });

  test("has secrets that no answer may show: all keys, and AI Gateway's token", () => {
    const upstreams = new Upstreams({ OPENAI_API_KEY: "sk-1,sk-2", CF_AIG_TOKEN: "aig-token-1" });
    expect(secretsOf(upstreams.get())).toEqual(["sk-1", "sk-2", "aig-token-1"]);
  });
});

describe("keys", () => {
  const limited = () => Response.json({ error: { message: "slow", code: "rate_limit_exceeded" } }, { status: 429 });
  const refused = () => Response.json({ error: { message: "no", code: "invalid_api_key" } }, { status: 401 });

  /** Attempts at upstreams that share their keys; each ends as the gateway is told. */
  function attemptsAt(keys: string, answer: (key: string) => Response) {
    vi.spyOn(console, "log").mockImplementation(() => {});
    const upstream = new Upstreams({ OPENAI_API_KEY: keys }).get();
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (_url: string, init: RequestInit) => {
      const key = new Headers(init.headers).get("authorization")?.slice("Bearer ".length) ?? "";
      asked.push(key);
      return answer(key);
    });
    const attempt = (rest: { keySlot?: number; keysTried?: readonly number[] } = {}) =>
      runAttempt<FailedReply>({ requestId: "r", sessionId: "s", ...rest }, async (one) => {
        await ask(one, upstream, CHAT);
        throw new Error("a success");
      });
    return { asked, attempt };
  }

  test.each([
    ["limited", limited],
    ["refused", refused],
  ])("that are %s: two requests at a time each try both", async (_, fault) => {
    const { asked, attempt } = attemptsAt("sk-1,sk-2", fault);
    const firsts = await Promise.all([attempt(), attempt()]);
    const keys = firsts.map(({ failure }) => failure.key ?? -1);
    expect(keys).toEqual([0, 1]);
    const seconds = await Promise.all(keys.map((key) => attempt({ keySlot: 1, keysTried: [key] })));
    expect(seconds.map(({ failure: { key, keysLeft } }) => [key, keysLeft])).toEqual([
      [1, 0],
      [0, 0],
    ]);
    expect(asked).toEqual(["sk-1", "sk-2", "sk-2", "sk-1"]);
  });

  test("that are limited leave the others to try, down to none", async () => {
    const { attempt } = attemptsAt("sk-1,sk-2,sk-3", limited);
    const left = [];
    for (const keysTried of [[], [0], [0, 1]]) left.push((await attempt({ keysTried })).failure.keysLeft);
    expect(left).toEqual([2, 1, 0]);
  });

  test("of a gateway that says only how many were tried take turns", async () => {
    const { asked, attempt } = attemptsAt("sk-1,sk-2", limited);
    expect((await attempt({ keySlot: 0 })).failure.keysLeft).toBe(1);
    expect((await attempt({ keySlot: 1 })).failure.keysLeft).toBe(0);
    expect(asked).toEqual(["sk-1", "sk-2"]);
  });

  test.each([
    ["any", { code: 403, message: "no" }, 502, "auth", 1],
    // OpenRouter's moderation of what the caller wrote.
    ["a prompt's", { code: 403, message: "no", metadata: { flagged_input: "x" } }, 403, "bad_request", 2],
    ["a model's", { code: 403, message: "You are not allowed to sample from this model" }, 502, "auth", 2],
  ])("rest after %s 403 or not", async (_, error, status, condition, left) => {
    const { attempt } = attemptsAt("sk-1,sk-2,sk-3", () => Response.json({ error }, { status: 403 }));
    expect(await attempt()).toMatchObject({ status, failure: { condition, upstreamStatus: 403, key: 0, keysLeft: 2 } });
    expect((await attempt()).failure).toMatchObject({ key: 1, keysLeft: left });
  });
});

test("an answer without a body, where a stream was asked for, is no answer", () => {
  const upstream = new Upstreams({}).get();
  const empty = { response: new Response(null), abort: () => {} };
  expect(() => streamBody(empty, upstream)).toThrow(expect.objectContaining({ condition: "invalid_response" }));
});
