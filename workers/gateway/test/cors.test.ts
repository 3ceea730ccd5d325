import { describe, expect, test } from "vitest";
import { allowOrigin, preflight } from "../src/entry/cors.ts";
import { readSettings } from "../src/settings/settings.ts";

describe("an answer to a browser", () => {
  const answer = (allowed: string, origin: string | null) => {
    const headers = new Headers();
    const asked = new Request("https://gateway/", { headers: origin === null ? {} : { origin } });
    allowOrigin(asked, headers, readSettings({ ALLOWED_ORIGINS: allowed }));
    return Object.fromEntries([...headers].filter(([name]) => name !== "access-control-expose-headers"));
  };

  test("of an origin that is named may be read, with cookies", () => {
    expect(answer("https://app.example", "https://app.example")).toEqual({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-credentials": "true",
      vary: "Origin",
    });
  });

  test("shows what its SDK and its page go by", () => {
    const headers = new Headers();
    const asked = new Request("https://gateway/", { headers: { origin: "https://app.example" } });
    allowOrigin(asked, headers, readSettings({ ALLOWED_ORIGINS: "*" }));
    expect(headers.get("access-control-expose-headers")?.split(", ").toSorted()).toEqual([
      "openai-processing-ms",
      "openai-version",
      "retry-after",
      "retry-after-ms",
      "server-timing",
      "x-gateway-attempts",
      "x-gateway-ignored",
      "x-gateway-model",
      "x-gateway-provider",
      "x-ratelimit-limit-requests",
      "x-ratelimit-limit-tokens",
      "x-ratelimit-remaining-requests",
      "x-ratelimit-remaining-tokens",
      "x-ratelimit-reset-requests",
      "x-ratelimit-reset-tokens",
      "x-request-id",
      "x-session-id",
      "x-should-retry",
      "x-upstream-request-id",
    ]);
  });

  test("of any origin may be read where all are allowed, but without cookies", () => {
    expect(answer("*", "https://evil.example")).toEqual({
      "access-control-allow-origin": "https://evil.example",
      vary: "Origin",
    });
  });

  test("of another origin may not, and no cache may mistake one for the other", () => {
    expect(answer("https://app.example", "https://evil.example")).toEqual({ vary: "Origin" });
    expect(answer("", "https://evil.example")).toEqual({});
    expect(answer("*", null)).toEqual({});
  });
});

describe("a browser's preflight", () => {
  const ask = (method: string, headers: Record<string, string>) =>
    preflight(new Request("https://gateway/v1/models", { method, headers }));

  test("is answered by itself, with the headers that it asks for", () => {
    const asked = { "access-control-request-method": "POST", "access-control-request-headers": "x-auth-token" };
    const answer = ask("OPTIONS", asked);
    expect(answer?.status).toBe(204);
    expect(answer?.headers.get("access-control-allow-headers")).toBe("x-auth-token");
    expect(answer?.headers.get("access-control-allow-methods")).toContain("POST");
  });

  test("is told from other requests", () => {
    expect(ask("OPTIONS", {})).toBeUndefined();
    expect(ask("GET", { "access-control-request-method": "GET" })).toBeUndefined();
  });
});
