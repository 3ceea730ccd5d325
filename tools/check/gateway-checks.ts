import assert from "node:assert/strict";
import { findProvider, providers, upstreamModel } from "../../shared/registry.ts";
import type { CurlAnswer } from "../curl.ts";
import { type Check, expectError, jsonOf, listOf, objectOf } from "./check.ts";

const [defaultProvider] = providers;
const openai = findProvider("openai");
const CHAT = "/v1/chat/completions";
const messages = [{ role: "user", content: "Hello" }];

/** The most that MAX_BODY_BYTES of any gateway allows. */
const LARGEST_BODY_LIMIT = 27 * 1024 * 1024;

/** What the gateway answers by itself. */
export const gatewayChecks: Check[] = [
  {
    name: "health needs no token",
    path: "/health",
    token: "none",
    expect: (answer) => void jsonOf(answer),
  },
  {
    name: "models",
    path: "/v1/models",
    expect(answer) {
      const body = jsonOf(answer);
      assert.equal(body["object"], "list");
      const [{ object, id }] = listOf(body["data"]);
      assert(object === "model" && typeof id === "string", "not OpenAI's model objects");
    },
  },
  {
    name: "one model",
    path: `/v1/models/${defaultProvider?.models[0]?.id}`,
    expect: (answer) => void assert.equal(jsonOf(answer)["id"], defaultProvider?.models[0]?.id),
  },
  {
    name: "an unknown model in the list: 404",
    path: "/v1/models/no-such-model",
    expect: (answer) => expectError(answer, 404, "model_not_found"),
  },
  {
    name: "model options",
    path: "/v1/model-options",
    expect(answer) {
      const names = listOf(jsonOf(answer)["providers"]).map((provider) => provider["name"]);
      for (const { name } of providers) assert(names.includes(name), `${name} is missing`);
    },
  },
  {
    name: "tokenize",
    path: "/v1/tokenize",
    json: { model: "gpt4", text: "Hello, world!", return_tokens: true },
    expect(answer) {
      const { count, method, tokens } = jsonOf(answer);
      // Four in every encoding of OpenAI's chat models: "Hello", ",", " world", "!".
      assert.deepEqual({ count, method }, { count: 4, method: "exact" });
      assert(Array.isArray(tokens) && tokens.length === 4, "not four tokens");
    },
  },
  {
    name: "detokenize",
    path: "/v1/detokenize",
    json: { model: "gpt-4o", tokens: [13225, 11, 2375, 0] },
    expect: (answer) => void assert.equal(jsonOf(answer)["text"], "Hello, world!"),
  },
  {
    name: "route check by query",
    path: "/v1/route-check?model=gpt4",
    expect: (answer) => expectRoute(answer, 5),
  },
  {
    name: "route check by body",
    path: "/v1/route-check",
    json: { provider: "openai", model: "gpt4", messages },
    expect: (answer) => expectRoute(answer, 2),
  },
  {
    name: "the session is echoed",
    path: "/v1/route-check?model=gpt4",
    headers: { "X-Session-Id": "check-session" },
    expect: (answer) => void assert.equal(answer.headers.get("x-session-id"), "check-session"),
  },
  {
    name: "Authorization: Bearer is taken too",
    path: "/v1/models",
    token: "bearer",
    expect: (answer) => void jsonOf(answer),
  },
];

/** What it refuses, each in OpenAI's error shape. */
export const errorChecks: Check[] = [
  {
    name: "no token: 401",
    path: CHAT,
    token: "none",
    json: { messages },
    expect: (answer) => expectError(answer, 401, "invalid_api_key"),
  },
  {
    name: "a wrong token: 401",
    path: "/v1/models",
    token: "none",
    headers: { Authorization: "Bearer wrong" },
    expect: (answer) => expectError(answer, 401, "invalid_api_key"),
  },
  {
    name: "an unknown path: 404",
    path: "/v1/nothing",
    expect: (answer) => expectError(answer, 404, "unknown_url"),
  },
  {
    name: "the wrong method: 405 with Allow",
    path: CHAT,
    method: "DELETE",
    expect(answer) {
      expectError(answer, 405, "method_not_allowed");
      assert.match(answer.headers.get("allow") ?? "", /\bPOST\b/);
    },
  },
  {
    name: "a body over the limit: 413",
    path: CHAT,
    bytes: LARGEST_BODY_LIMIT + 1,
    expect: (answer) => expectError(answer, 413, "request_too_large"),
  },
  {
    name: "another content type: 415",
    path: CHAT,
    headers: { "Content-Type": "text/plain" },
    json: { messages },
    expect: (answer) => expectError(answer, 415, "unsupported_media_type"),
  },
  {
    name: "malformed JSON: 400",
    path: CHAT,
    text: '{"messages": [',
    expect: (answer) => expectError(answer, 400, "invalid_json"),
  },
  {
    name: "no messages: 400 that names the field",
    path: CHAT,
    json: { model: "gpt-4" },
    expect(answer) {
      assert.equal(objectOf(jsonOf(answer, 400)["error"], "error")["param"], "messages");
    },
  },
  {
    name: "an unknown provider: 400",
    path: CHAT,
    json: { provider: "nobody", messages },
    expect(answer) {
      assert.equal(objectOf(jsonOf(answer, 400)["error"], "error")["param"], "provider");
    },
  },
  {
    name: "an unknown model: 404",
    path: CHAT,
    json: { model: "no-such-model", messages },
    expect: (answer) => expectError(answer, 404, "model_not_found"),
  },
  {
    name: "a malformed session id: 400",
    path: "/v1/models",
    headers: { "X-Session-Id": "not valid" },
    expect: (answer) => expectError(answer, 400, "invalid_session_id"),
  },
];

/** The way of the alias gpt4, by the rule of that number; which model serves it is the registry's to say. */
function expectRoute(answer: CurlAnswer, rule: number): void {
  const body = jsonOf(answer);
  assert.equal(body["provider"], "openai");
  assert.equal(body["upstream_model"], openai && upstreamModel(openai, "gpt4"));
  assert.equal(objectOf(body["rule"], "rule")["number"], rule);
}
