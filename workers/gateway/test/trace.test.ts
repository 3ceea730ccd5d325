import { expect, test } from "vitest";
import { Trace } from "../src/request/trace.ts";

test("all that a request asks are of one trace", () => {
  const trace = new Trace(new Headers());
  expect(trace.id).toBeNull();
  const first = trace.traceparent;
  expect(trace.traceparent).toBe(first);
  expect(trace.id).toMatch(/^[0-9a-f]{32}$/);
  expect(first).toContain(trace.id);
});

const traceparentOf = (headers: Record<string, string>) => new Trace(new Headers(headers)).traceparent;

test("a trace goes on with a span of ours; a malformed one is replaced", () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const next = traceparentOf({ traceparent: `00-${trace}-b7ad6b7169203331-00` });
  expect(next).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`));
  expect(next).not.toContain("b7ad6b7169203331");
  const later = traceparentOf({ traceparent: `01-${trace}-b7ad6b7169203331-01-more` });
  expect(later).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  for (const bad of [
    "",
    "x",
    `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
    `00-${trace.toUpperCase()}-b7ad6b7169203331-01`,
    `00-${trace}-b7ad6b7169203331-01-more`,
    `ff-${trace}-b7ad6b7169203331-01`,
  ]) {
    const fresh = traceparentOf({ traceparent: bad });
    expect(fresh).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(fresh).not.toContain(trace);
  }
});
