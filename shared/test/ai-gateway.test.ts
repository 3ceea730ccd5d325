import { expect, test } from "vitest";
import { aiGatewayHeaders, gatewayLogId, isAiGateway } from "../upstream/ai-gateway.ts";

const ids = { sessionId: "s-1", requestId: "r-1" };

test("behind an AI Gateway a request carries the gateway's token and the ids to find its log by", () => {
  const headers = aiGatewayHeaders("https://gateway.ai.cloudflare.com/v1/acct/gw/openai", "aig", ids);
  expect(headers["cf-aig-authorization"]).toBe("Bearer aig");
  expect(JSON.parse(headers["cf-aig-metadata"] ?? "")).toEqual({ session_id: "s-1", request_id: "r-1" });
});

test("a gateway without a token gets no empty one", () => {
  const headers = aiGatewayHeaders("https://gateway.ai.cloudflare.com/v1/acct/gw/openai", undefined, ids);
  expect(Object.keys(headers)).toEqual(["cf-aig-metadata"]);
});

test.each([
  "https://api.openai.com/v1",
  "https://gateway.ai.cloudflare.com.evil.example/v1",
  "https://evil.example/gateway.ai.cloudflare.com",
  "https://gateway.ai.cloudflare.com@evil.example/v1",
  "not a url",
])("the gateway's token never goes to %s", (url) => {
  expect(isAiGateway(url)).toBe(false);
  expect(aiGatewayHeaders(url, "aig", ids)).toEqual({});
});

test("a session id outside ASCII still makes a valid header", () => {
  const headers = aiGatewayHeaders("https://gateway.ai.cloudflare.com/v1/a/g/openai", undefined, {
    sessionId: "sé😀",
    requestId: "r",
  });
  expect(() => new Headers(headers)).not.toThrow();
  expect(JSON.parse(headers["cf-aig-metadata"] ?? "").session_id).toBe("sé😀");
});

test("the gateway's log id is read from its answer", () => {
  expect(gatewayLogId(new Headers({ "cf-aig-log-id": "01" }))).toBe("01");
  expect(gatewayLogId(new Headers())).toBeUndefined();
});
