import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError, badRequest, providerAuthError } from "../errors.ts";
import { Attempt, runAttempt } from "../upstream/attempt.ts";
import { KeyRing } from "../upstream/keys.ts";
import {
  askProvider,
  hasKeys,
  type ProviderApi,
  type ReadRefusal,
  secretsOf,
  sendUpstream,
} from "../upstream/provider-api.ts";
import { jsonReply } from "../upstream/reply.ts";

const AI_GATEWAY = "https://gateway.ai.cloudflare.com/v1/acct/gw/openai";
const ids = { requestId: "r-1", sessionId: "s-1" };
const CHAT = { path: "/chat?v=1", body: "{}" };

let sent: { url: string; init: RequestInit }[] = [];
let answers: Response[] = [];
const log = vi.spyOn(console, "log");

beforeEach(() => {
  sent = [];
  answers = [];
  log.mockReset();
  log.mockImplementation(() => {});
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    sent.push({ url, init });
    return answers.shift() ?? new Response("ok");
  });
});
afterEach(() => vi.unstubAllGlobals());

const apiWith = (keys: string | null, rest: Partial<ProviderApi> = {}): ProviderApi => ({
  name: "Acme",
  baseUrl: "https://acme.example/v1",
  keys: keys === null ? null : new KeyRing("ACME_KEY", keys),
  keyHeader: "authorization",
  gatewayToken: undefined,
  ...rest,
});

const headersSent = (at = 0) => Object.fromEntries(new Headers(sent[at]?.init.headers));

describe("an upstream request", () => {
  test("has the attempt's key, trace and time", async () => {
    const attempt = new Attempt({ ...ids, traceparent: "00-1-2-01" });
    await sendUpstream(attempt, apiWith("k-1"), { ...CHAT, headers: { "x-team": "a" } });
    expect(sent[0]).toMatchObject({
      url: "https://acme.example/v1/chat?v=1",
      init: { method: "POST", body: "{}", redirect: "manual" },
    });
    expect(headersSent()).toEqual({
      authorization: "Bearer k-1",
      "content-type": "application/json",
      traceparent: "00-1-2-01",
      "x-team": "a",
    });
  });

  test("may have another method, and the key in a header of its own", async () => {
    const api = apiWith("k-1", { keyHeader: "x-goog-api-key" });
    await sendUpstream(new Attempt(ids), api, { path: "/models", method: "GET", body: null });
    expect(sent[0]?.init.method).toBe("GET");
    expect(headersSent()).toEqual({ "x-goog-api-key": "k-1" });
  });

  test("carries AI Gateway's token to AI Gateway alone", async () => {
    const token = { gatewayToken: "aig" };
    await sendUpstream(new Attempt(ids), apiWith("k-1", { ...token, baseUrl: AI_GATEWAY }), CHAT);
    await sendUpstream(new Attempt(ids), apiWith("k-1", token), CHAT);
    expect(headersSent(0)["cf-aig-authorization"]).toBe("Bearer aig");
    expect(JSON.parse(headersSent(0)["cf-aig-metadata"] ?? "")).toEqual({ session_id: "s-1", request_id: "r-1" });
    expect(Object.keys(headersSent(1))).toEqual(["authorization", "content-type"]);
  });

  test.each([
    // keys, base URL, token, what happens
    [null, "https://acme.example/v1", undefined, "sent"],
    ["k-1", "https://acme.example/v1", undefined, "sent"],
    ["", "https://acme.example/v1", undefined, "refused"],
    ["", "https://acme.example/v1", "aig", "refused"],
    ["", AI_GATEWAY, undefined, "refused"],
    ["", AI_GATEWAY, "", "refused"],
    // A key that is stored there is put in by AI Gateway.
    ["", AI_GATEWAY, "aig", "sent"],
  ])("with the keys %j at %s, token %j, is %s", async (keys, baseUrl, gatewayToken, outcome) => {
    const api = apiWith(keys, { baseUrl, gatewayToken });
    const sending = sendUpstream(new Attempt(ids), api, CHAT);
    expect(hasKeys(api)).toBe(outcome === "sent");
    if (outcome === "sent") await expect(sending).resolves.toMatchObject({ response: { status: 200 } });
    else {
      const message = "The secret ACME_KEY is not set.";
      await expect(sending).rejects.toMatchObject({ status: 503, code: "not_configured", message });
      expect(sent).toEqual([]);
    }
  });

  test("that the gateway no longer wants is dropped", async () => {
    const dropped = Promise.withResolvers<void>();
    vi.stubGlobal("fetch", (_url: string, { signal }: { signal: AbortSignal }) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
        dropped.resolve();
      });
    });
    const attempt = new Attempt({ ...ids, cancelled: () => dropped.promise });
    await expect(sendUpstream(attempt, apiWith("k-1"), CHAT)).rejects.toMatchObject({ condition: "network" });
  });
});

describe("a refusal", () => {
  const read = (restsKey: boolean) => (): ReadRefusal => ({ error: providerAuthError("Acme", 401), restsKey });

  /** An attempt that asks and is answered by nothing else. */
  const asking = (api: ProviderApi, restsKey: boolean) => async (attempt: Attempt) => {
    await askProvider(attempt, api, CHAT, read(restsKey));
    return jsonReply({}, null);
  };

  test("is read whole, with the wait that it asks for and the key that was sent", async () => {
    answers = [new Response("slow down", { status: 429, headers: { "retry-after": "3" } })];
    const seen: unknown[] = [];
    const asking = askProvider(new Attempt(ids), apiWith("k-1"), CHAT, (refusal) => {
      seen.push(refusal);
      return { error: badRequest("no"), restsKey: false };
    });
    await expect(asking).rejects.toMatchObject({ message: "no" });
    expect(seen).toMatchObject([
      { status: 429, body: "slow down", retryAfterMs: 3_000, key: { place: 0, value: "k-1" } },
    ]);
  });

  test("of the key lets it rest, and is logged without its value", async () => {
    const api = apiWith("secret-1,secret-2");
    const refused = () => new Response("no", { status: 401 });
    answers = [refused(), refused()];
    const attempt = () => runAttempt(ids, asking(api, true));
    expect(await attempt()).toMatchObject({ status: 502, failure: { condition: "auth", key: 0, keysLeft: 1 } });
    expect(await attempt()).toMatchObject({ status: 502, failure: { condition: "auth", key: 1, keysLeft: 0 } });
    const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
    expect(lines).toEqual([
      { event: "key_refused", upstream: "Acme", key: "ACME_KEY#1", status: 401 },
      { event: "key_refused", upstream: "Acme", key: "ACME_KEY#2", status: 401 },
    ]);
  });

  test("of something else does not, nor one where there was no key", async () => {
    answers = [new Response("no", { status: 403 }), new Response("no", { status: 401 })];
    const api = apiWith("k-1,k-2");
    await runAttempt(ids, asking(api, false));
    expect(api.keys?.take({}, Date.now())?.place).toBe(1);
    expect(api.keys?.take({}, Date.now())?.place).toBe(0);
    const stored = apiWith("", { baseUrl: AI_GATEWAY, gatewayToken: "aig" });
    const reply = await runAttempt(ids, asking(stored, true));
    expect(reply).toMatchObject({ failure: { condition: "auth" } });
    expect(reply).not.toHaveProperty("failure.key");
    expect(log).not.toHaveBeenCalled();
  });
});

describe("an attempt", () => {
  test("has one key for all its upstream requests, and the next attempt another", async () => {
    const api = apiWith("k-1,k-2");
    for (const request of [ids, { ...ids, keysTried: [0] }]) {
      const attempt = new Attempt(request);
      for (let at = 0; at < 3; at++) await sendUpstream(attempt, api, CHAT);
    }
    const keys = sent.map((_, at) => headersSent(at)["authorization"]);
    expect(keys).toEqual([...Array(3).fill("Bearer k-1"), ...Array(3).fill("Bearer k-2")]);
  });

  test("that is answered gives the answer", async () => {
    const reply = { status: 200 };
    expect(await runAttempt(ids, async () => reply)).toBe(reply);
  });

  test.each([1, 2, 5])("of %i upstream requests says how many, where there are several", async (count) => {
    const several = count > 1 ? { upstreamRequests: count } : {};
    const run = async (attempt: Attempt) => {
      for (let at = 0; at < count; at++) await sendUpstream(attempt, apiWith("k-1"), CHAT);
      return { status: 200 };
    };
    expect(await runAttempt(ids, run)).toEqual({ status: 200, ...several });
    const failing = runAttempt(ids, async (attempt) => run(attempt).then(() => Promise.reject(badRequest("no"))));
    expect(await failing).toMatchObject({ status: 400, ...several });
  });

  test("that throws is a failed attempt with all that routing needs", async () => {
    const spent = { promptTokens: 1, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0 };
    const error = new ApiError({ status: 429, message: "m", retryAfterMs: 5, usage: spent, usageEstimated: true });
    const reply = await runAttempt(ids, async (attempt) => {
      await sendUpstream(attempt, apiWith("k-1,k-2,k-3"), CHAT);
      throw error;
    });
    expect(reply).toEqual({
      status: 429,
      headers: { "content-type": "application/json", "retry-after": "1" },
      body: '{"error":{"message":"m","type":"rate_limit_error","param":null,"code":null}}',
      usage: spent,
      usageEstimated: true,
      failure: { condition: "rate_limited", code: null, retryAfterMs: 5, key: 0, keysLeft: 2 },
    });
    const early = await runAttempt(ids, async () => {
      throw badRequest("no");
    });
    expect(early).toMatchObject({ status: 400, usage: null, failure: { condition: "bad_request", code: null } });
    expect(early).not.toHaveProperty("failure.keysLeft");
  });

  test("that fails for a reason of ours says nothing of the inside", async () => {
    const reply = await runAttempt(ids, async () => {
      throw new Error("secret-1 in /src/index.ts");
    });
    expect(reply).toMatchObject({ status: 500, failure: { condition: "internal", code: "internal_error" } });
    expect(JSON.stringify(reply)).not.toContain("secret-1");
  });
});

test.each([
  [null, undefined, [""]],
  ["a,b", "aig", ["a", "b", "aig"]],
])("the secrets of the keys %j and the token %j", (keys, gatewayToken, secrets) => {
  expect(secretsOf(apiWith(keys, { gatewayToken }))).toEqual(secrets);
});
