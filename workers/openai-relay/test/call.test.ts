import { afterEach, describe, expect, test, vi } from "vitest";
import { Caller, refusedReply } from "../src/call.ts";

const AI_GATEWAY = "https://gateway.ai.cloudflare.com/v1/acct/gw/openai";
const UPSTREAMS = { groq: { base_url: AI_GATEWAY.replace("openai", "groq"), key: "GROQ_API_KEY" } };

afterEach(() => vi.unstubAllGlobals());

/** The headers that a call to this upstream leaves with. */
async function headersOf(caller: Caller, name?: string): Promise<Headers> {
  const fetched = vi.fn(
    async (_url: string, init: RequestInit) => new Response(null, { headers: new Headers(init.headers) }),
  );
  vi.stubGlobal("fetch", fetched);
  const ids = { requestId: "r", sessionId: "s" };
  const upstream = caller.upstreams.get(name);
  const { response } = await caller.call({ upstream, path: "/chat/completions", body: "{}", ids, firstByteMs: 1000 });
  return response.headers;
}

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
