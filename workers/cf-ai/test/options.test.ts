import { expect, test } from "vitest";
import { runOptions } from "../src/options.ts";

const request = {
  body: "{}",
  model: "m",
  requestedModel: "m",
  requestId: "r1",
  sessionId: "s1",
  stream: false,
  includeUsage: false,
};
const none = { gatewayId: "", cacheTtl: "" };

test("requests of a session go to the same machine, and the answer comes raw", () => {
  for (const affinity of [undefined, "", 1]) {
    expect(runOptions(request, affinity, none)).toStrictEqual({
      returnRawResponse: true,
      extraHeaders: { "x-session-affinity": "s1" },
    });
  }
});

test("a prompt cache key takes the session's place, fit for a header", () => {
  expect(runOptions(request, "Grüße\r\nx: y", none).extraHeaders).toEqual({
    "x-session-affinity": "Gr%C3%BC%C3%9Fe%0D%0Ax%3A%20y",
  });
});

test("a busy model is told not to queue while another model waits, but not before a mere retry", () => {
  const otherWaits = { ...request, fallbackWaiting: true, otherTargetWaiting: true };
  expect(runOptions(otherWaits, undefined, none)).toMatchObject({ rejectIfBusy: true });
  expect(runOptions({ ...request, fallbackWaiting: true }, undefined, none)).not.toHaveProperty("rejectIfBusy");
});

test("the trace context goes on", () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  expect(runOptions({ ...request, traceparent }, undefined, none).extraHeaders).toMatchObject({ traceparent });
});

test("AI Gateway's cache, which all callers share, is off unless the operator sets a time", () => {
  const metadata = { session_id: "s1", request_id: "r1" };
  for (const cacheTtl of ["", "0", "60s", "x60", "123456789"]) {
    expect(runOptions(request, undefined, { gatewayId: "gw", cacheTtl }).gateway).toEqual({
      id: "gw",
      skipCache: true,
      metadata,
    });
  }
  expect(runOptions(request, undefined, { gatewayId: "gw", cacheTtl: "60" }).gateway).toEqual({
    id: "gw",
    cacheTtl: 60,
    metadata,
  });
});
