import { expect, test } from "vitest";
import {
  isModelList,
  isRelayReply,
  isRelayStatus,
  isTokenCountReply,
  isTokenizeReply,
} from "../src/serving/check-reply.ts";

const whole = { status: 200, headers: { "content-type": "application/json" }, body: "{}", usage: null };
const stream = { response: new Response("x"), usage: async () => ({}), cancel: () => {} };

test.each<[string, unknown]>([
  ["whole", whole],
  ["of bytes", { ...whole, body: new Uint8Array(1) }],
  ["a large one", { ...whole, body: new Blob(["x"]).stream() }],
  ["failed", { ...whole, status: 429, failure: { condition: "rate_limited", code: null } }],
  ["of a condition that only a newer relay knows", { ...whole, status: 500, failure: { condition: "new" } }],
  ["streamed", stream],
])("a reply is one: %s", (_name, reply) => {
  expect(isRelayReply(reply)).toBe(true);
});

test.each<[string, unknown]>([
  ["null", null],
  ["nothing", undefined],
  ["42", 42],
  ["a text", "{}"],
  ["a list", [whole]],
  ["{}", {}],
  ["the status 99", { ...whole, status: 99 }],
  ["the status 101", { ...whole, status: 101 }],
  ["the status 200.5", { ...whole, status: 200.5 }],
  ["a status as text", { ...whole, status: "200" }],
  ["no headers", { ...whole, headers: undefined }],
  ["a bad header's name", { ...whole, headers: { "content type": "x" } }],
  ["a bad header's value", { ...whole, headers: { a: "x\r\nset-cookie: y" } }],
  ["a header that is no text", { ...whole, headers: { a: 1 } }],
  ["no body", { ...whole, body: null }],
  ["usage that is none", { ...whole, usage: 7 }],
  ["a failure without a condition", { ...whole, failure: {} }],
  ["a served model that is no text", { ...whole, servedModel: 42 }],
  ["a stream without a response", { ...stream, response: {} }],
  ["a stream without usage()", { ...stream, usage: undefined }],
  ["a stream without cancel()", { ...stream, cancel: null }],
])("a reply is none: %s", (_name, reply) => {
  expect(isRelayReply(reply)).toBe(false);
});

test.each<[(value: unknown) => boolean, unknown, boolean]>([
  [isTokenizeReply, { status: 200, body: "{}" }, true],
  [isTokenizeReply, { status: 400, body: new Uint8Array(1) }, true],
  [isTokenizeReply, 42, false],
  [isTokenizeReply, { status: 200 }, false],
  [isTokenCountReply, { status: 200, totalTokens: 7 }, true],
  [isTokenCountReply, { status: 400, body: "{}" }, true],
  [isTokenCountReply, { status: 200 }, false],
  [isRelayStatus, { upstreams: [{ name: "groq", configured: true }] }, true],
  [isRelayStatus, { upstreams: [{}] }, false],
  [isRelayStatus, { upstreams: {} }, false],
  [isRelayStatus, null, false],
  [isModelList, [{ id: "a" }], true],
  [isModelList, [{ id: 1 }], false],
  [isModelList, { data: [] }, false],
])("%o of %j is %s", (check, value, expected) => {
  expect(check(value)).toBe(expected);
});
