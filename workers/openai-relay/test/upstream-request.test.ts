import { describe, expect, test } from "vitest";
import { readQuirks } from "../src/quirks.ts";
import { upstreamRequest, withoutExtensions } from "../src/upstream-request.ts";
import { Upstreams } from "../src/upstreams.ts";

const openai = readQuirks("test", { token_limit: "by_family" });
const named = (asked: string, sent = asked) => ({ asked, sent });
const base = { model: named("gpt-4o"), quirks: openai, fields: {}, stream: false, includeUsage: false, chat: true };

/** All that a re-serialization would change: spaces, 17 digits, exponents, escapes, repeated and look-alike keys. */
const awkward = String.raw`{
  "messages" : [{"role":"user","content":"\"model\": \"x\", \"provider\": 1 é\ud83d\ude00 </script>","z":{"provider":"kept","n":12345678901234567}}],
  "seed":12345678901234567, "temperature":1.0, "top_p":1E-2, "future": {"a":[1.10,{"b":null}],"a":2},
  "model":"gpt-4o"   }`;

describe("a request reaches the upstream byte for byte", () => {
  test("when nothing has to change, as the very same string", () => {
    expect(upstreamRequest(awkward, base).body).toBe(awkward);
  });

  test("but for our own fields", () => {
    const own = '"provider" : "openai", "routing":{"max_attempts":1},\n  "fallbacks":[{"model":"x"}],';
    const sent = upstreamRequest(awkward.replace("{", `{${own}`), base).body;
    expect(sent).toBe(awkward.replace(/\{\s+/, "{"));
  });

  test("but for an alias, which becomes the model's id", () => {
    expect(upstreamRequest(awkward, { ...base, model: named("gpt-4-turbo") }).body).toBe(
      awkward.replace('"model":"gpt-4o"', '"model":"gpt-4-turbo"'),
    );
  });

  test("with its model added when it named none", () => {
    expect(upstreamRequest('{"messages":[]}', base).body).toBe('{"messages":[],"model":"gpt-4o"}');
  });

  test("with the chosen model wherever it names one: a parser may take the first of two", () => {
    const text = '{"model":"gpt-4","messages":[],"\\u006dodel":"gpt-4o"}';
    expect(upstreamRequest(text, base).body).toBe(text.replace('"gpt-4"', '"gpt-4o"'));
  });

  test("a model in escapes is recognized", () => {
    const text = String.raw`{"model":"gpt-4\u006f"}`;
    expect(upstreamRequest(text, base).body).toBe(text);
  });

  test("20 MB and more", () => {
    const image = `"data:image/png;base64,${"A".repeat(24_000_000)}"`;
    const text = `{"provider":"openai","messages":[{"role":"user","content":[{"image_url":{"url":${image}}}]}],"model":"gpt4"}`;
    const { body } = upstreamRequest(text, base);
    expect(body.length).toBe(text.length - '"provider":"openai",'.length + "gpt-4o".length - "gpt4".length);
  });

  test("what is no object is a 400", () => {
    expect(() => upstreamRequest("[1]", base)).toThrow(expect.objectContaining({ status: 400 }));
  });

  test("through another path of the API, without our fields", () => {
    expect(withoutExtensions('{"provider":"openai","input":"x", "n":1.0}')).toBe('{"input":"x", "n":1.0}');
  });
});

describe("a stream whose client did not ask for usage", () => {
  const stream = { ...base, stream: true };

  test.each([
    ['{"model":"gpt-4o","stream":true}', '{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true}}'],
    [
      '{"stream_options":{"include_obfuscation":false},"model":"gpt-4o"}',
      '{"stream_options":{"include_obfuscation":false,"include_usage":true},"model":"gpt-4o"}',
    ],
    [
      '{"stream_options":{"include_usage":false},"model":"gpt-4o"}',
      '{"stream_options":{"include_usage":true},"model":"gpt-4o"}',
    ],
    ['{"stream_options":{},"model":"gpt-4o"}', '{"stream_options":{"include_usage":true},"model":"gpt-4o"}'],
    ['{"stream_options":null,"model":"gpt-4o"}', '{"stream_options":{"include_usage":true},"model":"gpt-4o"}'],
  ])("has the relay ask: %s", (text, expected) => {
    expect(upstreamRequest(text, stream)).toMatchObject({ body: expected, askedForUsage: true });
  });

  test("is left alone when the client did ask", () => {
    const text = '{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true}}';
    expect(upstreamRequest(text, { ...stream, includeUsage: true })).toMatchObject({
      body: text,
      askedForUsage: false,
    });
  });

  test.each(["always", "never"])("is left alone where the upstream sends usage %s", (stream_usage) => {
    const text = '{"model":"gpt-4o","stream":true}';
    const quirks = readQuirks("test", { stream_usage });
    expect(upstreamRequest(text, { ...stream, quirks })).toMatchObject({ body: text, askedForUsage: false });
  });

  test.each(["always", "never"])("loses stream_options where the upstream sends usage %s", (stream_usage) => {
    const text = '{"model":"gpt-4o", "stream_options" : {"include_usage":true},"stream":true}';
    const sent = { body: '{"model":"gpt-4o","stream":true}', askedForUsage: false };
    const quirks = readQuirks("test", { stream_usage });
    expect(upstreamRequest(text, { ...stream, quirks, includeUsage: true })).toMatchObject(sent);
    expect(upstreamRequest(text, { ...stream, quirks, includeUsage: true, chat: false })).toMatchObject(sent);
  });
});

describe("max_tokens", () => {
  const text = (model: string) => `{"max_tokens":17, "model":"${model}"}`;

  test.each([
    "o1",
    "o3-mini",
    "o4-mini-2025-04-16",
    "gpt-5",
    "gpt-5.2-pro",
    "gpt-5-nano",
    "ft:o4-mini:acme::1",
    "gpt-6",
    "gpt-10",
    "openai/gpt-5",
    "openrouter/openai/o3",
  ])("becomes max_completion_tokens for %s", (model) => {
    expect(upstreamRequest(text(model), { ...base, model: named(model) }).body).toBe(
      text(model).replace("max_", "max_completion_"),
    );
  });

  test.each([
    "gpt-4o",
    "gpt-4.1",
    "gpt-3.5-turbo",
    "gpt-35-turbo-16k",
    "ft:gpt-4o-mini:acme::1",
    "openai/gpt-4o",
    "@cf/openai/gpt-oss-20b",
  ])("stays for %s", (model) => {
    expect(upstreamRequest(text(model), { ...base, model: named(model) }).body).toBe(text(model));
  });

  test.each([
    ["gpt-5", "my-dep", "max_completion_tokens"],
    ["openai/gpt-5", "o-team", "max_completion_tokens"],
    ["gpt-4o", "gpt-5-looks", "max_tokens"],
    ["gpt-4o", "my-dep", "max_tokens"],
    ["fast", "gpt-5-mini", "max_completion_tokens"],
    ["default", "openai/o3", "max_completion_tokens"],
    ["fast", "my-dep", "max_tokens"],
  ])("goes by what the client calls the model, where that is a name of OpenAI's: %s → %s", (asked, sent, limit) => {
    const { body } = upstreamRequest(text(sent), { ...base, model: named(asked, sent) });
    expect(body).toBe(text(sent).replace("max_tokens", limit));
  });

  test.each([
    ["max_completion_tokens", '{"max_tokens":100,"max_completion_tokens":null,"model":"m"}'],
    ["max_completion_tokens", '{"max_completion_tokens":null, "max_tokens":100,"model":"m"}'],
    ["max_completion_tokens", '{"max_tokens":null,"max_completion_tokens":100,"model":"m"}'],
    ["max_tokens", '{"max_tokens":100, "max_completion_tokens": null ,"model":"m"}'],
  ])("a null is no limit: %s of %s", (token_limit, sent) => {
    const quirks = readQuirks("test", { token_limit });
    const { body } = upstreamRequest(sent, { ...base, model: named("m"), quirks });
    expect(JSON.parse(body)).toEqual({ [token_limit]: 100, model: "m" });
  });

  test("stays beside a max_completion_tokens: the provider's own 400 is clearer than a guess", () => {
    const both = '{"max_tokens":1,"max_completion_tokens":2,"model":"o3"}';
    expect(upstreamRequest(both, { ...base, model: named("o3") }).body).toBe(both);
  });

  test("stays in /v1/completions, which has no other name for it", () => {
    expect(upstreamRequest(text("gpt-5"), { ...base, model: named("gpt-5"), chat: false }).body).toBe(text("gpt-5"));
  });

  test.each([
    ["max_completion_tokens", '{"max_tokens":1,"model":"m"}', '{"max_completion_tokens":1,"model":"m"}'],
    ["max_tokens", '{"max_completion_tokens":1,"model":"m"}', '{"max_tokens":1,"model":"m"}'],
    ["as_sent", '{"max_tokens":1,"model":"m"}', '{"max_tokens":1,"model":"m"}'],
  ])("is named as the upstream's quirk says: %s", (token_limit, sent, expected) => {
    const quirks = readQuirks("test", { token_limit });
    expect(upstreamRequest(sent, { ...base, model: named("m"), quirks }).body).toBe(expected);
  });
});

describe("fields that the upstream calls otherwise or does not take", () => {
  const { fields } = new Upstreams({ UPSTREAMS: { mistral: {} } }).get("mistral");
  const sent = (text: string, own = fields) => {
    const { body, ignored } = upstreamRequest(text, { ...base, model: named("m"), fields: own });
    return [body, [...ignored]];
  };

  test.each([
    ['{"model":"m", "seed" : 12345678901234567}', '{"model":"m", "random_seed" : 12345678901234567}', []],
    ['{"model":"m","seed":1,"random_seed":2}', '{"model":"m","random_seed":2}', ["seed"]],
    ['{"model":"m","seed":null}', '{"model":"m"}', []],
    ['{"store":true,"model":"m","metadata":{"a":"b"},"user":"u"}', '{"model":"m"}', ["store", "metadata", "user"]],
    ['{"model":"m","logit_bias":{},"service_tier":null,"store":false}', '{"model":"m"}', ["store"]],
    ['{"model":"m","dimensions":9}', '{"model":"m","output_dimension":9}', []],
    [
      '{"model":"m","prompt_cache_key":"k","guardrails":[1]}',
      '{"model":"m","prompt_cache_key":"k","guardrails":[1]}',
      [],
    ],
    // What asks for something else in the answer is the upstream's to refuse.
    ['{"model":"m","logprobs":true}', '{"model":"m","logprobs":true}', []],
  ])("%s → %s, ignored: %j", (text, expected, ignored) => {
    expect(sent(text)).toEqual([expected, ignored]);
  });

  test("beside a limit of tokens that is renamed too", () => {
    const quirks = readQuirks("test", { token_limit: "max_tokens" });
    const text = '{"max_completion_tokens":9,"seed":1,"model":"m","store":true}';
    const { body } = upstreamRequest(text, { ...base, model: named("m"), fields, quirks });
    expect(body).toBe('{"max_tokens":9,"random_seed":1,"model":"m"}');
  });

  const history = (message: string) => `{"model":"m","messages":[{"role":"user","content":"x"},{${message}}]}`;
  const MESSAGE = '"role":"assistant","content":"Hi"';

  test.each([
    [`${MESSAGE},"refusal":null,"annotations":[],"audio":null,"function_call":null`, MESSAGE, []],
    [`"refusal":null,"annotations":[ ],${MESSAGE}`, MESSAGE, []],
    [`${MESSAGE},"images":[1],"refusal":"no"`, MESSAGE, ["messages[].refusal", "messages[].images"]],
    [`"name":"bob",${MESSAGE},"extra_content":{"google":{}}`, MESSAGE, ["messages[].name", "messages[].extra_content"]],
    [
      `${MESSAGE},"tool_calls":[{"id":"a","extra_content":{"google":1},"type":"function"}]`,
      `${MESSAGE},"tool_calls":[{"id":"a","type":"function"}]`,
      ["messages[].tool_calls[].extra_content"],
    ],
    [`${MESSAGE},"prefix":true`, `${MESSAGE},"prefix":true`, []],
  ])("a history as answers are: %s → %s, ignored: %j", (given, expected, ignored) => {
    expect(sent(history(given))).toEqual([history(expected), ignored]);
  });

  test("with past reasoning, which has no name there", () => {
    const { quirks } = new Upstreams({ UPSTREAMS: { mistral: {} } }).get("mistral");
    const text = history(`"reasoning":"a","refusal":null,"reasoning_content":"a",${MESSAGE},"reasoning_details":[]`);
    const { body, ignored } = upstreamRequest(text, { ...base, model: named("m"), fields, quirks });
    expect(body).toBe(history(MESSAGE));
    expect([...ignored]).toEqual(["messages[].reasoning", "messages[].reasoning_content"]);
  });

  test("call ids and what calls carry change at once", () => {
    const id = "call_1__thought__QUJD";
    const text = history(`${MESSAGE},"tool_calls":[{"id":"${id}","extra_content":{},"type":"function"}]`);
    expect(sent(text)).toEqual([history(`${MESSAGE},"tool_calls":[{"id":"call_1","type":"function"}]`), []]);
  });

  test("an owner may name others, or give one back", () => {
    const UPSTREAMS = { mistral: { fields: { store: "store", top_k: null } } };
    const own = new Upstreams({ UPSTREAMS }).get("mistral").fields;
    expect(sent('{"model":"m","store":true,"top_k":1,"user":"u"}', own)).toEqual([
      '{"model":"m","store":true}',
      ["user", "top_k"],
    ]);
  });

  test("nothing of a body changes where nothing is named", () => {
    expect(sent(awkward.replace("gpt-4o", "m"), {})).toEqual([awkward.replace("gpt-4o", "m"), []]);
  });
});
