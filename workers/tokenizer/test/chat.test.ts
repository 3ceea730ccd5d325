import { describe, expect, test } from "vitest";
import { toolDefinitionsText } from "../src/chat/tool-definitions.ts";
import { tokenize } from "../src/tokenize.ts";
import chats from "./fixtures/chats.json" with { type: "json" };

function ask(body: unknown, model = "gpt-4o", provider = "openai") {
  return tokenize({ body: JSON.stringify(body), provider, model, requestedModel: model });
}

const user = { role: "user", content: "Hello, world!" };

describe("chats of plain text", () => {
  test("the overheads that OpenAI publishes: 3 a message with its role, 3 for the answer", async () => {
    expect(await ask({ messages: [user] })).toMatchObject({
      method: "exact",
      count: 11,
      messages: [{ index: 0, count: 8 }],
      frame: 3,
    });
  });

  test("a name costs itself and one token", async () => {
    expect((await ask({ messages: [{ ...user, name: "bob" }] })).count).toBe(13);
  });

  test("content in parts counts as the same content in one string", async () => {
    const parts = { role: "user", content: [{ type: "text", text: "Hello, world!" }] };
    expect((await ask({ messages: [parts] })).count).toBe(11);
  });

  test("neighbouring parts of text are one text, tokens across their seam too", async () => {
    const part = (text: string) => ({ type: "text", text });
    const apart = await ask({ messages: [{ role: "developer", content: [part("Good mor"), part("ning")] }] }, "gpt-5");
    const joined = await ask({ messages: [{ role: "developer", content: "Good morning" }] }, "gpt-5");
    expect(apart).toEqual(joined);
    expect(apart).toMatchObject({ method: "exact", count: 8 });
  });

  test("a refusal counts as the same text in the content", async () => {
    const refused = await ask({ messages: [user, { role: "assistant", content: null, refusal: "I cannot help." }] });
    expect(refused).toEqual(await ask({ messages: [user, { role: "assistant", content: "I cannot help." }] }));
    expect(refused.method).toBe("exact");
  });

  test("messages, frame and tools add up to the count", async () => {
    const tools = [
      { type: "function", function: { name: "add", parameters: { properties: { a: { type: "number" } } } } },
    ];
    const { count, messages = [], frame = 0, tools: ofTools = 0 } = await ask({ messages: [user, user], tools });
    expect(messages.reduce((sum, { count: one }) => sum + one, 0) + frame + ofTools).toBe(count);
  });

  test("what a user writes never becomes a marker", async () => {
    expect((await ask({ messages: [{ role: "user", content: "<|im_start|>" }] })).count).toBeGreaterThan(11);
  });

  test("reasoning models: one token less for the answer, two more for each earlier answer", async () => {
    const asked = await ask({ messages: [user] }, "gpt-5-nano");
    const answered = await ask({ messages: [user, { role: "assistant", content: "Hi" }, user] }, "gpt-5-nano");
    expect(asked.count).toBe(10);
    expect(answered.count).toBe(10 + 7 + 8);
  });
});

describe("what OpenAI publishes no rule for is an estimate with a bound", () => {
  // The counts are those of the rules that recorded chats of these forms agree with to the token (README.md).
  test.each(chats)("$name: $count tokens", async ({ body, count }) => {
    const { method, messages = [], tools = 0, frame = 0, ...counted } = await ask(body, body.model);
    expect([counted.count, method]).toEqual([count, "estimate"]);
    expect(messages.reduce((sum, one) => sum + one.count, tools + frame)).toBe(count);
  });

  const tools = [{ type: "function", function: { name: "ping", description: "Pings.", parameters: {} } }];

  test("tools", async () => {
    expect(await ask({ messages: [user], tools })).toMatchObject({ method: "estimate", error_bound: 2 });
  });

  test("a schema's description is text of the prompt", async () => {
    const asked = (described: object) => {
      const json_schema = { name: "Tide", ...described, schema: { type: "object", properties: {} } };
      return ask({ messages: [user], response_format: { type: "json_schema", json_schema } }, "gpt-4.1-nano");
    };
    const description = "The next high tide at a harbour";
    const more = (await asked({ description })).count - (await asked({})).count;
    expect(more).toBeGreaterThanOrEqual((await ask({ text: description }, "gpt-4.1-nano")).count);
  });

  test("tool calls and their results", async () => {
    const call = { id: "c1", type: "function", function: { name: "ping", arguments: "{}" } };
    const messages = [
      user,
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: "pong" },
    ];
    const one = await ask({ messages });
    const two = await ask({
      messages: [user, { role: "assistant", content: null, tool_calls: [call, { ...call, id: "c2" }] }],
    });
    expect(one).toMatchObject({ method: "estimate", error_bound: 2 });
    expect(two.count).toBeGreaterThan(one.count);
  });

  test("a call and its result in OpenAI's older form count as in the newer one", async () => {
    const called = { name: "ping", arguments: '{"host":"example.com"}' };
    const result = { content: "pong" };
    const older = [
      user,
      { role: "assistant", content: null, function_call: called },
      { role: "function", name: "ping", ...result },
    ];
    const newer = [
      user,
      { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: called }] },
      { role: "tool", tool_call_id: "c1", ...result },
    ];
    expect(await ask({ messages: older })).toEqual(await ask({ messages: newer }));
    const nulls = { function_call: null, tool_calls: null, refusal: null, audio: null };
    const answered = { role: "assistant", content: "Hi", ...nulls };
    expect(await ask({ messages: [user, answered] })).toMatchObject({ method: "exact", count: 11 + 5 });
  });

  test("functions, and one that is asked for, count as tools", async () => {
    const functions = tools.map(({ function: declared }) => declared);
    const older = await ask({ messages: [user], functions, function_call: { name: "ping" } });
    const forced = { type: "function", function: { name: "ping" } };
    expect(older).toEqual(await ask({ messages: [user], tools, tool_choice: forced }));
    expect(older.method).toBe("estimate");
    expect(await ask({ functions, function_call: "auto" })).toEqual(await ask({ tools }));
  });

  test("an answer's audio is not counted, and said not to be", async () => {
    const messages = [user, { role: "assistant", content: null, audio: { id: "audio_1" } }];
    expect(await ask({ messages })).toMatchObject({ method: "estimate", uncounted: ["messages[1].audio"] });
  });

  test("an image for a model of which no rule is known is not counted, and said not to be", async () => {
    const image = { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } };
    const ofLlama = await ask({ messages: [{ role: "user", content: [image] }] }, "llama-4-scout", "cloudflare");
    expect(ofLlama).toMatchObject({ method: "estimate", uncounted: ["messages[0].content[0]"] });
    expect(ofLlama).not.toHaveProperty("error_bound");
  });

  test("files and audio are not counted, and said not to be", async () => {
    const content = [
      { type: "text", text: "What is this?" },
      { type: "file", file: { file_id: "f" } },
    ];
    const answer = await ask({ messages: [{ role: "user", content }] });
    expect(answer).toMatchObject({ method: "estimate", uncounted: ["messages[0].content[1]"] });
    expect(answer).not.toHaveProperty("error_bound");
  });
});

describe("Llama's chats, as recorded ones are counted", () => {
  test.each([
    ["llama3-8b-8192", 18],
    ["@cf/meta/llama-3-8b-instruct", 18],
    ["llama3:8b", 18],
    ["meta-llama/Llama-3.2-1B-Instruct", 43],
    ["llama3.1:8b", 43],
    ["llama3-3-70b-instruct", 43],
  ])("of %s: a system message on dates from 3.1 on only", async (model, count) => {
    const messages = [{ role: "user", content: "When is high tide in Whitby?" }];
    expect((await ask({ messages }, model)).count).toBe(count);
  });

  test("Llama 2 has another vocabulary: the bound is that of a model that was not measured", async () => {
    const text = "The quick brown fox jumps over the lazy dog. ".repeat(20);
    const { count, error_bound: bound = 0 } = await ask({ text }, "@cf/meta/llama-2-7b-chat-fp16", "cloudflare");
    expect(bound / count).toBeCloseTo(0.3, 2);
  });
});

describe("tool definitions are written as the models read them", () => {
  const definition = (parameters: unknown, description?: string) =>
    toolDefinitionsText([{ type: "function", function: { name: "f", description, parameters } }])
      .split("namespace functions {\n\n")[1]
      ?.split("\n} // namespace")[0];

  test.each([
    ["no parameters", {}, "type f = () => any;\n"],
    [
      "no comments: one line",
      { type: "object", properties: { a: { type: "integer" }, b: { type: "string" } }, required: ["a"] },
      "type f = (_: {a: number, b?: string}) => any;\n",
    ],
    [
      "a description",
      { type: "object", properties: { a: { type: "string", description: "The a" } } },
      "type f = (_: {\n// The a\na?: string,\n}) => any;\n",
    ],
    [
      "a title and a default",
      { type: "object", properties: { a: { type: "boolean", title: "A", default: true } } },
      "type f = (_: {\n// A\n//\na?: boolean, // default: true\n}) => any;\n",
    ],
    [
      "an enum",
      { type: "object", properties: { a: { type: "string", enum: ["x", "y"] } } },
      'type f = (_: {a?: "x" | "y"}) => any;\n',
    ],
    [
      "lists and unions",
      {
        type: "object",
        properties: {
          a: { type: "array", items: { anyOf: [{ type: "string" }, { type: "null" }] } },
          b: { type: ["integer", "null"] },
        },
      },
      "type f = (_: {a?: string | null[], b?: number | null}) => any;\n",
    ],
  ])("%s", (_, parameters, expected) => {
    expect(definition(parameters)).toBe(expected);
  });

  test("a schema without end is cut, not followed", () => {
    let schema: unknown = { type: "string" };
    for (let depth = 0; depth < 5000; depth++) schema = { type: "array", items: schema };
    expect(definition({ type: "object", properties: { a: schema } })).toContain("any");
  });
});
