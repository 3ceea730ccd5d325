import { describe, expect, test } from "vitest";
import { detokenize } from "../src/detokenize.ts";
import { answering } from "../src/reply.ts";
import { tokenize } from "../src/tokenize.ts";

function ask(body: unknown, model = "gpt-4o", provider = "openai") {
  return tokenize({ body: JSON.stringify(body), provider, model, requestedModel: model });
}

async function refusal(body: unknown, model = "gpt-4o") {
  const reply = await answering(() => ask(body, model));
  return { status: reply.status, ...JSON.parse(String(reply.body)).error };
}

describe("texts", () => {
  test.each(["text", "input", "prompt"])("%s is counted exactly for an OpenAI model", async (field) => {
    expect(await ask({ [field]: "Hello, world!" })).toMatchObject({
      object: "tokenization",
      model: "gpt-4o",
      encoding: "o200k_base",
      method: "exact",
      count: 4,
    });
  });

  test.each([
    ["gpt-4", "cl100k_base"],
    ["gpt-3.5-turbo", "cl100k_base"],
    ["gpt-3.5-turbo-instruct", "cl100k_base"],
    ["text-embedding-3-small", "cl100k_base"],
    ["davinci-002", "cl100k_base"],
    ["gpt-4o-mini", "o200k_base"],
    ["gpt-4.1", "o200k_base"],
    ["gpt-5.4", "o200k_base"],
    ["o3-mini", "o200k_base"],
    ["ft:gpt-4o-mini:me::1", "o200k_base"],
    ["text-davinci-003", "p50k_base"],
    ["davinci", "r50k_base"],
    ["@cf/openai/gpt-oss-120b", "o200k_harmony"],
  ])("%s counts in %s", async (model, encoding) => {
    expect(await ask({ text: "Hi" }, model)).toMatchObject({ encoding, method: "exact" });
  });

  test("the context window, what is left of it and the price come from the registry", async () => {
    const answer = await ask({ text: "Hello, world!" });
    expect(answer).toMatchObject({ context_window: 128_000, remaining: 127_996 });
    expect(answer.estimated_cost).toBeCloseTo((4 * 2.5) / 1e6, 12);
  });

  test("a model that the registry does not have: no window, no price, no guess", async () => {
    const answer = await ask({ text: "Hi" }, "gpt-99");
    expect(answer).toMatchObject({ context_window: null, remaining: null });
    expect(answer).not.toHaveProperty("estimated_cost");
  });

  test("tokens and their strings on demand; a part of a character shows as U+FFFD", async () => {
    const answer = await ask({ text: "Hi 🤌", return_tokens: true, return_strings: true });
    expect(answer.tokens).toHaveLength(answer.count);
    expect(answer.strings?.[0]).toBe("Hi");
    expect(answer.strings?.join("")).toContain("\ufffd");
  });

  test("a list of texts: each one's count, and the sum", async () => {
    const answer = await ask({ input: ["one", "one two", ""], return_tokens: true });
    expect(answer).toMatchObject({ count: 3, counts: [1, 2, 0] });
    expect(answer.tokens).toMatchObject([[690], [690, 1920], []]);
  });

  test("a prompt of token ids counts as so many tokens", async () => {
    expect(await ask({ prompt: [1, 2, 3] })).toMatchObject({ count: 3 });
    expect(await ask({ prompt: [[1, 2], [3]] })).toMatchObject({ count: 3, counts: [2, 1] });
    expect(await refusal({ prompt: [1, 999_999_999] })).toMatchObject({ status: 400, param: "prompt[1]" });
    expect(await refusal({ prompt: ["a", [999_999_999]] })).toMatchObject({ status: 400, param: "prompt[1][0]" });
  });

  test("text does not come back from tokens of an encoding that is not public", async () => {
    const request = { body: '{"tokens":[1]}', provider: "gemini", model: "gemini-2.5-flash", requestedModel: "flash" };
    await expect(detokenize(request)).rejects.toMatchObject({
      status: 400,
      param: "model",
      code: "encoding_unavailable",
      message: expect.stringContaining("flash"),
    });
  });

  test("a body that crossed as bytes is read as the same text", async () => {
    const body = new TextEncoder().encode('{"text":"Grüße"}');
    const request = { provider: "openai", model: "gpt-4o", requestedModel: "gpt-4o" };
    expect(await tokenize({ ...request, body })).toEqual(await ask({ text: "Grüße" }));
  });

  test("special tokens in a text are text unless asked for", async () => {
    const text = "a<|endoftext|>b";
    expect((await ask({ text })).count).toBe(9);
    expect(await ask({ text, allowed_special: "all", return_tokens: true })).toMatchObject({
      tokens: [64, 199999, 65],
    });
    expect(await ask({ text, allowed_special: ["<|endoftext|>"] })).toMatchObject({ count: 3 });
    expect(await ask({ text: "<|channel|>", allowed_special: "all" }, "gpt-oss-20b")).toMatchObject({ count: 1 });
  });

  test("text comes back from its tokens, of a list and of a list of lists", async () => {
    const text = "Grüße, 世界 👩‍👩‍👧";
    const { tokens } = await ask({ text, return_tokens: true });
    const back = (body: unknown) =>
      detokenize({ body: JSON.stringify(body), provider: "openai", model: "gpt-4o", requestedModel: "gpt-4o" });
    expect(await back({ tokens })).toMatchObject({ object: "detokenization", encoding: "o200k_base", text });
    expect(await back({ tokens: [tokens, [199999]] })).toMatchObject({ texts: [text, "<|endoftext|>"] });
    await expect(back({ tokens: [1, 999999] })).rejects.toMatchObject({ status: 400, param: "tokens[1]" });
    await expect(back({ tokens: [[1], 2] })).rejects.toMatchObject({ status: 400, param: "tokens[1]" });
    await expect(back({ tokens: "x" })).rejects.toMatchObject({ status: 400, param: "tokens" });
  });
});

describe("estimates", () => {
  test("a Llama model is estimated, with the bound stated", async () => {
    const answer = await ask(
      { text: "The quick brown fox jumps over the lazy dog." },
      "@cf/meta/llama-4-scout-17b-16e-instruct",
      "cloudflare",
    );
    expect(answer).toMatchObject({ method: "estimate", encoding: null, count: 10 });
    expect(answer.error_bound).toBeGreaterThan(0);
    expect(answer.error_bound).toBeLessThan(5);
  });

  test("exact: true without an exact count is refused, not answered with an estimate", async () => {
    expect(await refusal({ text: "x", exact: true }, "gemini-2.5-flash")).toMatchObject({
      status: 400,
      param: "exact",
      code: "exact_count_unavailable",
    });
  });

  test("the provider's own count is answered as exact", async () => {
    const request = {
      body: '{"text":"x","exact":true}',
      provider: "gemini",
      model: "gemini-2.5-flash",
      requestedModel: "flash",
    };
    const answer = await tokenize({ ...request, providerCount: 17 });
    expect(answer).toMatchObject({
      model: "flash",
      method: "exact",
      count: 17,
      encoding: null,
      remaining: 1_048_576 - 17,
    });
    expect(answer).not.toHaveProperty("error_bound");
  });

  test("exact: true is refused for a chat whose count is an estimate, in a public encoding too", async () => {
    const messages = [{ role: "user", content: "hi" }];
    const tools = [{ type: "function", function: { name: "f" } }];
    expect(await refusal({ messages, tools, exact: true })).toMatchObject({
      status: 400,
      param: "exact",
      code: "exact_count_unavailable",
    });
    expect(await ask({ messages, exact: true })).toMatchObject({ method: "exact" });
  });

  test("tokens of an encoding that is not public cannot be listed, whoever has counted them", async () => {
    expect(await refusal({ text: "x", return_tokens: true }, "gemini-2.5-flash")).toMatchObject({
      status: 400,
      param: "return_tokens",
    });
    const body = JSON.stringify({ text: "x", exact: true, return_strings: true });
    const request = { body, provider: "gemini", model: "gemini-2.5-flash", requestedModel: "flash", providerCount: 17 };
    await expect(tokenize(request)).rejects.toMatchObject({ status: 400, param: "return_strings" });
  });

  test.each(["return_tokens", "return_strings"])("%s of a chat is refused, not left out in silence", async (field) => {
    expect(await refusal({ messages: [{ role: "user", content: "hi" }], [field]: true })).toMatchObject({
      status: 400,
      param: field,
    });
  });
});

describe("requests that are refused name the field", () => {
  test.each([
    [{}, "text", /One of text, input, prompt and messages/],
    [{ text: "a", messages: [] }, "messages", /Only one/],
    [{ text: 1 }, "text", /must be a string/],
    [{ input: ["a", 1] }, "input[1]", /must be a string/],
    [{ prompt: [[1, -2]] }, "prompt[0][1]", /token id/],
    [{ text: "a", tools: [] }, "tools", /counted with messages/],
    [{ messages: "a" }, "messages", /must be a list/],
    [{ messages: ["a"] }, "messages[0]", /must be an object/],
    [{ messages: [{ role: "assistant", tool_calls: {} }] }, "messages[0].tool_calls", /must be a list/],
    [{ messages: [{ role: "assistant", tool_calls: ["a"] }] }, "messages[0].tool_calls[0].function", /name/],
    [{ messages: [], tools: ["a"] }, "tools[0]", /must be an object/],
    [{ messages: [], tools: [{ type: "function" }] }, "tools[0].function", /must be an object/],
    [{ messages: [], tools: {} }, "tools", /must be a list/],
    [{ messages: [{ role: 1 }] }, "messages[0].role", /must be a string/],
    [{ messages: [{ role: "user", content: 1 }] }, "messages[0].content", /string, a list/],
    [{ messages: [{ role: "user", content: [1] }] }, "messages[0].content[0]", /object/],
    [{ messages: [{ role: "user", content: [{ type: "text" }] }] }, "messages[0].content[0].text", /string/],
    [
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: {} }] }] },
      "messages[0].content[0].image_url.url",
      /string/,
    ],
    [{ messages: [{ role: "assistant", tool_calls: [{}] }] }, "messages[0].tool_calls[0].function", /name/],
    [{ messages: [{ role: "assistant", function_call: {} }] }, "messages[0].function_call", /name/],
    [{ messages: [{ role: "assistant", refusal: 1 }] }, "messages[0].refusal", /string or null/],
    [{ messages: [], tools: [{ function: {} }] }, "tools[0].function.name", /string/],
    [{ messages: [], functions: {} }, "functions", /list/],
    [{ messages: [], functions: [{}] }, "functions[0].name", /name/],
    [{ text: "a", functions: [] }, "functions", /counted with messages/],
    [{ text: "a", return_tokens: 1 }, "return_tokens", /true or false/],
    [{ text: "a", allowed_special: ["<x>"] }, "allowed_special[0]", /no such special token/],
    [{ text: "a", allowed_special: 1 }, "allowed_special", /must be/],
  ])("%j → %s", async (body, param, message) => {
    const error = await refusal(body);
    expect(error).toMatchObject({ status: 400, type: "invalid_request_error", param });
    expect(error.message).toMatch(message);
  });

  test("a body that is no JSON object", async () => {
    const request = { body: "[1]", provider: "openai", model: "gpt-4o", requestedModel: "gpt-4o" };
    await expect(tokenize(request)).rejects.toMatchObject({ status: 400 });
  });

  describe("nested by a stranger", () => {
    const chat = (parameters: string) =>
      `{"messages":[],"tools":[{"type":"function","function":{"name":"f","parameters":${parameters}}}]}`;
    const answer = (body: string, model: string) =>
      answering(() => tokenize({ body, provider: "cloudflare", model, requestedModel: model }));

    test("deeper than any stack, a request is no fault of ours", async () => {
      const deep = chat(`${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`);
      for (const model of ["gpt-4o", "llama-4-scout", "gemini-2.5-flash"]) {
        expect((await answer(deep, model)).status).toBeLessThan(500);
      }
    });

    test("so that its layout would be thousands of times what was sent, it is too large", async () => {
      // Half a megabyte whose lines would begin with 4,000 blanks each.
      const wide = `${'{"a":'.repeat(1_000)}[${"1,".repeat(250_000)}1]${"}".repeat(1_000)}`;
      expect(await answer(chat(wide), "llama-4-scout")).toMatchObject({ status: 413 });
      const properties = Array.from({ length: 100_000 }, (_, at) => `"${at}":{}`).join(",");
      const level = '{"type":"object","properties":{"a":';
      const typed = `${level.repeat(31)}{"type":"object","properties":{${properties}}}${"}}".repeat(31)}`;
      expect(await answer(chat(typed), "gpt-4o")).toMatchObject({ status: 413 });
    });

    test("as tools are, it is counted", async () => {
      const level = '{"type":"object","properties":{"a":';
      const body = chat(`${level.repeat(8)}{"type":"string","description":"deep"}${"}}".repeat(8)}`);
      for (const model of ["gpt-4o", "llama-4-scout"]) expect(await answer(body, model)).toMatchObject({ status: 200 });
    });
  });

  test("more than 25 MiB is 413; so is a list of more than a million tokens", async () => {
    const request = { provider: "openai", model: "gpt-4o", requestedModel: "gpt-4o" };
    const large = new Uint8Array(25 * 1024 * 1024 + 1);
    await expect(tokenize({ ...request, body: large })).rejects.toMatchObject({ status: 413 });
    expect(await refusal({ text: "1,".repeat(600_000), return_tokens: true })).toMatchObject({
      status: 413,
      param: "text",
    });
  });

  test.each([
    ["messages", Array(100_001).fill({ role: "u" })],
    ["parts", [{ role: "user", content: Array(100_000).fill({ type: "text", text: "" }) }]],
  ])("more than 100,000 %s are 413", async (_, messages) => {
    expect(await refusal({ messages })).toMatchObject({ status: 413, param: "messages", code: "request_too_large" });
  });
});

describe("what would be too large an answer", () => {
  /** The token of 128 blanks. */
  const BLANKS = 72056;

  function back(tokens: unknown) {
    const body = JSON.stringify({ tokens });
    const request = { body, provider: "openai", model: "gpt-4o", requestedModel: "gpt-4o" };
    return answering(() => detokenize(request));
  }

  test("is 413 before it is made: of tokens of long texts", async () => {
    const error = { param: "tokens", code: "request_too_large" };
    for (const tokens of [Array(210_000).fill(BLANKS), Array(3_000).fill(Array(70).fill(BLANKS))]) {
      const reply = await back(tokens);
      expect(reply.status).toBe(413);
      expect(JSON.parse(String(reply.body))).toMatchObject({ error });
    }
    expect(await refusal({ prompt: Array(210_000).fill(BLANKS), return_strings: true })).toMatchObject({
      status: 413,
      param: "prompt",
    });
  });

  test("is 413 where JSON escapes make it so", async () => {
    // A token of one control character, six characters of JSON.
    expect(await back(Array(4_400_000).fill(188))).toMatchObject({ status: 413 });
  });

  test("is told by its bytes, as RPC counts them: one character of two bytes doubles no others", async () => {
    const { tokens } = await ask({ text: "的", return_tokens: true });
    const reply = await back([...Array(150_000).fill(BLANKS), ...(tokens ?? [])]);
    expect(reply).toMatchObject({ status: 200, body: expect.any(Uint8Array) });
    expect(JSON.parse(new TextDecoder().decode(reply.body as Uint8Array)).text).toHaveLength(150_000 * 128 + 1);
  });
});
