import { expect, test } from "vitest";
import { clientHeaders, logIdOf } from "../src/client-headers.ts";

test("of the upstream's headers a client gets those of the list, and its request id under another name", () => {
  const upstream = new Headers({
    "content-encoding": "gzip",
    "content-length": "5",
    "transfer-encoding": "chunked",
    "set-cookie": "a=b",
    "openai-organization": "acme",
    "x-request-id": "req_1",
    "x-ratelimit-remaining-tokens": "9",
    "openai-processing-ms": "12",
    "retry-after-ms": "100",
    "x-should-retry": "false",
  });
  expect(clientHeaders(upstream)).toEqual({
    "x-upstream-request-id": "req_1",
    "x-ratelimit-remaining-tokens": "9",
    "openai-processing-ms": "12",
    "retry-after-ms": "100",
    "x-should-retry": "false",
  });
});

test("AI Gateway's log id goes with the reply, where there is one", () => {
  expect(logIdOf(new Headers({ "cf-aig-log-id": "log-1" }))).toEqual({ gatewayLogId: "log-1" });
  expect(logIdOf(new Headers())).toEqual({});
});
