import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RequestLines } from "../local/request-lines.ts";

let shown: string[];
let lines: RequestLines;
beforeEach(() => {
  vi.useFakeTimers();
  shown = [];
  lines = new RequestLines((text) => shown.push(text));
});
afterEach(() => {
  vi.useRealTimers();
});

const gatewayLine = (fields: object) =>
  `[ai-proxy-gateway] ${JSON.stringify({ event: "request", caller: "external", method: "GET", total_ms: 1, ...fields })}`;

test.each([
  ["GET /v1/models 401 Unauthorized (7ms)", "401 GET /v1/models  refused: no token, or a wrong one"],
  [
    "POST /chat/completions 404 Not Found (6ms)",
    "404 POST /chat/completions  no such path: a base URL here ends in /v1",
  ],
  ["POST /v1/nothing 404 Not Found (6ms)", "404 POST /v1/nothing  no such path"],
  ["GET /v1/models 503 Service Unavailable (2ms)", "503 GET /v1/models  Service Unavailable"],
])("a request that the gateway does not log is seen all the same: %s", (line, text) => {
  lines.push(`[wrangler:info] ${line}`);
  vi.runAllTimers();
  expect(shown).toEqual([text]);
});

test("one that it logs is shown once, whichever line comes first", () => {
  const own = gatewayLine({ route: "/v1/models/x", status: 404, error_code: "model_not_found" });
  const wranglers = "[wrangler:info] GET /v1/models/x 404 Not Found (29ms)";
  for (const line of [own, wranglers, wranglers, own]) lines.push(line);
  vi.runAllTimers();
  const text = "404 GET /v1/models/x  1 ms  model_not_found";
  expect(shown).toEqual([text, text]);
});

test("a request by a binding does not hide a refused one", () => {
  lines.push(gatewayLine({ caller: "billing", route: "/v1/x", status: 404 }));
  lines.push("[wrangler:info] GET /v1/x 404 Not Found (29ms)");
  vi.runAllTimers();
  expect(shown).toHaveLength(2);
});

test("requests that succeed are not shown twice", () => {
  lines.push("[wrangler:info] GET /health 200 OK (5ms)");
  vi.runAllTimers();
  expect(shown).toEqual([]);
});

test("a flood of refused requests shows five and the number of the rest, and later ones again", () => {
  for (let sent = 0; sent < 1000; sent++) lines.push("[wrangler:info] GET /v1/models 401 Unauthorized (7ms)");
  vi.runAllTimers();
  expect(shown).toHaveLength(6);
  expect(shown.at(-1)).toBe("… and 995 more refused requests");
  lines.push("[wrangler:info] GET /v1/models 401 Unauthorized (7ms)");
  vi.runAllTimers();
  expect(shown).toHaveLength(7);
});
