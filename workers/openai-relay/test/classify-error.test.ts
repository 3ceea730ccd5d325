import { describe, expect, test } from "vitest";
import { refusalReply, restsKey } from "./refusal.ts";

// Errors as the vendors' documentation has them, or as users reported them.

const reply = (status: number, body: unknown) => refusalReply(status, body, { provider: "vendor", secrets: [] });
const inError = (message: string, rest = {}) => ({ error: { message, ...rest } });

const XAI_FLAGGED = {
  code: "The caller does not have permission to execute the specified operation",
  error: "Content violates usage guidelines. Team: t, API key ID: k, Failed check: SAFETY_CHECK_TYPE_BIO",
};

describe("a key, or its account, that is refused with another status than 401, 402 and 403", () => {
  test.each([
    [
      "xAI",
      400,
      { code: "Client specified an invalid argument", error: "Incorrect API key provided: xa***11. You can obtain an" },
    ],
    ["Google", 400, [inError("API key not valid. Please pass a valid API key.", { status: "INVALID_ARGUMENT" })]],
    ["Google", 400, [inError("API key expired. Please renew the API key.")]],
    ["DashScope", 400, inError("Access denied, please make sure your account is in good …", { code: "Arrearage" })],
    ["Fireworks", 412, inError("Account acme is suspended, possibly due to …", { code: "PRECONDITION_FAILED" })],
  ])("%s's %i %j lets another key or target try, and keeps its words", (_vendor, status, body) => {
    expect(restsKey(status, body)).toBe(true);
    expect(reply(status, body)).toMatchObject({ status, failure: { condition: "auth", upstreamStatus: status } });
  });

  test.each([
    [400, inError("The field says: Incorrect API key provided")],
    [412, inError("The LoRA failed to load", { code: "PRECONDITION_FAILED" })],
    [500, inError("Account acme is suspended")],
  ])("%i %j is none", (status, body) => {
    expect(restsKey(status, body)).toBe(false);
  });
});

test.each([
  inError("Project `p` does not have access to model `gpt-9`", { code: "model_not_found" }),
  inError("You are not allowed to sample from this model", { code: null }),
  inError("The model `m` is blocked at the project level.", { code: "model_permission_blocked_project" }),
])("a 403 like %j lets another key try, and this one goes on: other models are served", (body) => {
  expect(restsKey(403, body)).toBe(false);
  const { status, failure, body: text } = reply(403, body);
  expect({ status, failure }).toMatchObject({ status: 502, failure: { condition: "auth" } });
  expect(text).toContain(body.error.message);
});

test("a key without the right to call models at all rests", () => {
  expect(restsKey(403, inError("You have insufficient permissions. Missing scopes: model.request."))).toBe(true);
});

describe("a 403 that is about the request, and no key's", () => {
  test.each([
    ["xAI", XAI_FLAGGED, "bad_request"],
    [
      "xAI behind OpenRouter",
      inError("Provider returned error", {
        code: 403,
        metadata: { provider_name: "xAI", raw: JSON.stringify(XAI_FLAGGED) },
      }),
      "bad_request",
    ],
    [
      "Together",
      inError("Input token count + max_tokens parameter must be less than the context length of the model"),
      "context_length",
    ],
  ])("%s: %j is %s", (_vendor, body, condition) => {
    expect(restsKey(403, body)).toBe(false);
    expect(reply(403, body)).toMatchObject({ status: 403, failure: { condition } });
  });
});

describe("more tokens than a model takes", () => {
  test.each([
    ["OpenAI", 400, inError("…", { code: "context_length_exceeded" })],
    ["xAI", 400, { code: "…", error: "This model's maximum prompt length is 131072 but the request contains 136973" }],
    ["vLLM", 400, inError("The decoder prompt (length 40977) is longer than the maximum model length of 32768.")],
    [
      "Mistral",
      400,
      { object: "error", message: "Prompt contains …, too large for model with 32768 maximum context …" },
    ],
    ["Moonshot", 400, inError("Invalid request: Your request exceeded model token limit: 8192")],
    [
      "DashScope",
      400,
      inError("<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30000]"),
    ],
    ["Z.ai", 400, inError("Prompt exceeds max length", { code: "1261" })],
    ["Text Generation Inference", 422, { error: "`inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5013" }],
    ["GitHub Models", 413, inError("Request body too large for gpt-4o model.", { code: "tokens_limit_reached" })],
    [
      "xAI behind OpenRouter",
      400,
      inError("Provider returned error", { metadata: { raw: "This model's maximum prompt length is 131072" } }),
    ],
  ])("%s's %i %j may fit another", (_vendor, status, body) => {
    expect(reply(status, body)).toMatchObject({ status, failure: { condition: "context_length" } });
  });

  test.each([
    inError("Unrecognized request argument supplied: context_length", { type: "invalid_request_error" }),
    inError("Invalid tools[0].function: get_context_window needs parameters", { param: "tools[0].function" }),
  ])("is not what a field or a tool of such a name is refused for: %j", (body) => {
    expect(reply(400, body)).toMatchObject({ status: 400, failure: { condition: "bad_request" } });
  });
});

describe("what is used up does not come back while the client waits", () => {
  test.each([
    ["OpenAI", 429, inError("…", { code: "insufficient_quota" })],
    ["OpenAI", 400, inError("Billing hard limit has been reached", { code: "billing_hard_limit_reached" })],
    ["Moonshot", 429, inError("Your account is suspended, please …", { type: "exceeded_current_quota_error" })],
    ["Z.ai", 429, inError("Insufficient balance or no resource package. Please recharge.", { code: "1113" })],
    [
      "Workers AI",
      429,
      { errors: [{ code: 4006, message: "you have used up your daily free allocation of 10,000 …" }] },
    ],
    [
      "xAI",
      429,
      {
        code: "Some resource has been exhausted",
        error: "Your team t has either used all available credits or reached its monthly spending limit.",
      },
    ],
    ["OpenRouter", 429, inError("Rate limit exceeded: free-models-per-day. Add 10 credits to unlock …", { code: 429 })],
    ["AI Gateway", 429, { error: [{ code: 2041, message: "Spend limit exceeded: x" }] }],
    ["LiteLLM", 429, inError("Budget has been exceeded! Current cost: 9", { type: "budget_exceeded", code: "429" })],
    ["LiteLLM", 400, inError("Budget has been exceeded! Current cost: 9", { type: "budget_exceeded", code: "400" })],
    [
      "Groq",
      413,
      inError("Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 14368", {
        type: "tokens",
        code: "rate_limit_exceeded",
      }),
    ],
    [
      "OpenAI",
      429,
      inError("Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 132819", {
        type: "tokens",
        code: "rate_limit_exceeded",
      }),
    ],
  ])("%s's %i %j", (_vendor, status, body) => {
    expect(reply(status, body)).toMatchObject({ status, failure: { condition: "quota_exhausted" } });
  });

  test.each([
    ["Requests per minute limit exceeded - too many requests sent.", "request_quota_exceeded"],
    ["Rate limit exceeded: free-models-per-min. ", "429"],
    ["Tokens per minute limit exceeded - too many tokens processed.", "token_quota_exceeded"],
    ["Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000", "rate_limit_exceeded"],
  ])("but a limit of the minute does (Cerebras, OpenRouter, OpenAI): %s", (message, code) => {
    const body = { message, type: "too_many_requests_error", param: "quota", code };
    expect(reply(429, body)).toMatchObject({ status: 429, failure: { condition: "rate_limited" } });
  });
});
