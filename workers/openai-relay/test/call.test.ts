import { afterEach, describe, expect, test, vi } from "vitest";
import { Caller, refusedReply } from "../src/call.ts";

const AI_GATEWAY = "https://gateway.ai.cloudflare.com/v1/acct/gw/openai";
const UPSTREAMS = { groq: { base_url: AI_GATEWAY.replace("openai", "groq"), key: "GROQ_API_KEY" } };

afterEach(() => vi.unstubAllGlobals());

type Rest = Partial<Parameters<Caller["call"]>[0]>;

/** How a call to this upstream leaves. */
async function sent(caller: Caller, name?: string, rest: Rest = {}): Promise<Request> {
  const fetched = vi.fn(async (url: string, init: RequestInit) => Response.json({ url, method: init.method }, init));
  vi.stubGlobal("fetch", fetched);
  const ids = { requestId: "r", sessionId: "s" };
  const upstream = caller.upstreams.get(name);
  await caller.call({ upstream, path: "/chat/completions", body: "{}", ids, firstByteMs: 1000, ...rest });
  const [call] = fetched.mock.calls;
  return new Request(call?.[0] ?? "", call?.[1]);
}

const headersOf = async (caller: Caller, name?: string) => (await sent(caller, name)).headers;

describe("an AI Gateway that stores the provider's keys", () => {
  const settings = { OPENAI_BASE_URL: AI_GATEWAY, UPSTREAMS, CF_AIG_TOKEN: "aig-token-1" };

  test.each([undefined, "groq"])("is called with its own token alone (upstream %s)", async (name) => {
    const caller = new Caller(settings);
    expect(caller.isConfigured(caller.upstreams.get(name))).toBe(true);
    const headers = await headersOf(caller, name);
    expect(headers.get("cf-aig-authorization")).toBe("Bearer aig-token-1");
    expect(headers.has("authorization")).toBe(false);
  });

  test("gets a key that is set", async () => {
    const headers = await headersOf(new Caller({ ...settings, OPENAI_API_KEY: "sk-1" }));
    expect(headers.get("authorization")).toBe("Bearer sk-1");
  });

  test.each([
    { ...settings, CF_AIG_TOKEN: "" },
    { ...settings, OPENAI_BASE_URL: "https://api.openai.com/v1" },
  ])("without its token, or elsewhere, a missing key is a 503: %j", async (other) => {
    const caller = new Caller(other);
    expect(caller.isConfigured(caller.upstreams.get())).toBe(false);
    await expect(headersOf(caller)).rejects.toMatchObject({ status: 503, code: "not_configured" });
  });
});

describe("a call", () => {
  const azure = {
    base_url: "https://acme.example/v1?api-version=preview",
    key: "AZURE_KEY",
    key_header: "api-key",
    headers: { "x-team": "a" },
  };
  const caller = () => new Caller({ OPENAI_API_KEY: "sk-1", AZURE_KEY: "az-1", UPSTREAMS: { azure } });

  test("goes to the upstream's path as a POST of JSON, with its key", async () => {
    const request = await sent(caller());
    expect([request.method, request.url]).toEqual(["POST", "https://api.openai.com/v1/chat/completions"]);
    expect(await request.text()).toBe("{}");
    expect(Object.fromEntries(request.headers)).toEqual({
      authorization: "Bearer sk-1",
      "content-type": "application/json",
    });
  });

  test("carries the headers of the entry, with the key as it is in a header of its own", async () => {
    expect(Object.fromEntries(await headersOf(caller(), "azure"))).toEqual({
      "api-key": "az-1",
      "content-type": "application/json",
      "x-team": "a",
    });
  });

  test.each([
    [undefined, undefined, ""],
    [undefined, "?", ""],
    [undefined, "?limit=2", "?limit=2"],
    ["azure", undefined, "?api-version=preview"],
    ["azure", "?", "?api-version=preview"],
    ["azure", "?limit=2", "?api-version=preview&limit=2"],
  ])("to %s that asks %s has the search %s", async (name, search, expected) => {
    expect(new URL((await sent(caller(), name, search === undefined ? {} : { search })).url).search).toBe(expected);
  });

  test("passes method, type, beta and trace on", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const request = await sent(caller(), undefined, {
      method: "PUT",
      contentType: "text/plain",
      beta: "assistants=v2",
      traceparent,
    });
    expect(request.method).toBe("PUT");
    expect(Object.fromEntries(request.headers)).toEqual({
      authorization: "Bearer sk-1",
      "content-type": "text/plain",
      "openai-beta": "assistants=v2",
      traceparent,
    });
  });

  test("has secrets that no answer may show: all keys, and AI Gateway's token", () => {
    const settings = { OPENAI_API_KEY: "sk-1,sk-2", CF_AIG_TOKEN: "aig-token-1" };
    const { upstreams } = new Caller(settings);
    expect(new Caller(settings).secrets(upstreams.get())).toEqual(["sk-1", "sk-2", "aig-token-1"]);
  });
});

test.each([
  [{ code: 403, message: "no" }, 502, "auth", 1],
  [{ code: 403, message: "no", metadata: { reasons: ["violence"], flagged_input: "x" } }, 403, "bad_request", 2],
])("a key rests after a 403, but not for what the caller wrote: %j", async (error, status, condition, ready) => {
  const caller = new Caller({ OPENAI_API_KEY: "sk-1,sk-2,sk-3" });
  const upstream = caller.upstreams.get();
  vi.stubGlobal("fetch", async () => Response.json({ error }, { status: 403 }));
  const ids = { requestId: "r", sessionId: "s" };
  const call = () => caller.call({ upstream, path: "/chat/completions", body: "{}", ids, firstByteMs: 1000 });
  const reply = await refusedReply(caller, upstream, await call(), { leftMs: 1000 });
  expect(reply).toMatchObject({ status, failure: { condition, upstreamStatus: 403 } });
  const { key } = await call();
  expect(caller.keysLeft(upstream, key, 0)).toBe(ready);
});
