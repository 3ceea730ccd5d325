import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mesh, startMesh, TOKEN, UPSTREAM_KEYS } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh();
});
afterAll(() => mesh.close());
beforeEach(() => mesh.upstream.play(answerAsProvider));

/** Our own field beside OpenAI's. */
const through = (provider: string) => ({ provider }) as object;
const messages = [{ role: "user" as const, content: "Say hello" }];
const tools = [
  {
    type: "function" as const,
    function: {
      name: "weather",
      description: "Weather of a city",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];

describe.each([
  ["cloudflare", "@cf/meta/llama-4-scout-17b-16e-instruct"],
  ["openai", "gpt-4o"],
  ["gemini", "gemini-2.5-flash"],
])("the openai SDK at %s", (provider, model) => {
  test("chats", async () => {
    const { data, response } = await mesh.client.chat.completions
      .create({ model, messages, ...through(provider) })
      .withResponse();
    expect(data).toMatchObject({
      object: "chat.completion",
      model,
      choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: `Hello from ${provider}` } }],
      usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
    });
    expect(response.headers.get("x-gateway-provider")).toBe(provider);
    expect(response.headers.get("x-gateway-attempts")).toBe("1");
    expect(response.headers.get("server-timing")).toMatch(/total;dur=\d/);
  });

  test.each([true, false])("streams, with usage asked for: %s", async (include_usage) => {
    const stream = await mesh.client.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage },
      ...through(provider),
    });
    const chunks = await Array.fromAsync(stream);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(`Hello from ${provider}`);
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(new Set(chunks.map(({ id, model: name, created }) => `${id} ${name} ${created}`)).size).toBe(1);
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason === "stop")).toHaveLength(1);
    const usage = chunks.filter((chunk) => chunk.usage);
    if (include_usage) {
      expect(usage).toEqual([chunks.at(-1)]);
      expect(usage[0]).toMatchObject({ choices: [], usage: { total_tokens: 8 } });
    } else expect(usage).toEqual([]);
  });

  test.each([false, true])("calls a tool and takes its result, streamed: %s", async (stream) => {
    const asked = stream
      ? await mesh.client.chat.completions
          .stream({ model, messages, tools, ...through(provider) })
          .finalChatCompletion()
      : await mesh.client.chat.completions.create({ model, messages, tools, ...through(provider) });
    const [choice] = asked.choices;
    const [call] = choice?.message.tool_calls ?? [];
    expect(choice?.finish_reason).toBe("tool_calls");
    if (call?.type !== "function") throw new Error("no function call");
    expect(call.function.name).toBe("weather");
    expect(JSON.parse(call.function.arguments)).toEqual({ city: "Oslo" });

    const answered = await mesh.client.chat.completions.create({
      model,
      messages: [
        ...messages,
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: call.id, content: "sunny" },
      ],
      ...through(provider),
    });
    expect(answered.choices[0]?.message.content).toBe(`Hello from ${provider}`);
    expect(mesh.upstream.requests.at(-1)?.text).toContain("sunny");
  });

  test.each([false, true])("answers in a given form, streamed: %s", async (stream) => {
    const schema = { type: "object", properties: { city: { type: "string" }, population: { type: "integer" } } };
    const json_schema = { name: "city", schema };
    const asked = { model, messages, response_format: { type: "json_schema" as const, json_schema } };
    const answer = stream
      ? await mesh.client.chat.completions.stream({ ...asked, ...through(provider) }).finalChatCompletion()
      : await mesh.client.chat.completions.create({ ...asked, ...through(provider) });
    expect(JSON.parse(answer.choices[0]?.message.content ?? "")).toEqual({ city: "Oslo", population: 700_000 });
  });

  test("completes a prompt, and several", async () => {
    const one = await mesh.client.completions.create({ model, prompt: "Once", ...through(provider) });
    expect(one).toMatchObject({ object: "text_completion", choices: [{ index: 0, finish_reason: "stop" }] });
    expect(one.choices[0]?.text).toMatch(/\S/);
    const echoed = await mesh.client.completions.create({
      model,
      prompt: ["Once", "Twice"],
      echo: true,
      ...through(provider),
    });
    expect(echoed.choices.map(({ text }) => text.split(/\W/)[0]?.replace("Hello", ""))).toEqual([
      expect.stringMatching(/^Once/),
      expect.stringMatching(/^Twice/),
    ]);
    const prompt = provider === "openai" ? "Once" : ["Once", "Twice"];
    const streamed = await Array.fromAsync(
      await mesh.client.completions.create({ model, prompt, stream: true, ...through(provider) }),
    );
    for (const index of typeof prompt === "string" ? [0] : [0, 1]) {
      const rows = streamed.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
      expect(rows.map(({ text }) => text).join("")).toBe(one.choices[0]?.text);
    }
  });

  test("embeds, as the SDK asks by default (base64)", async () => {
    const embedding =
      { cloudflare: "@cf/baai/bge-m3", openai: "text-embedding-3-small", gemini: "gemini-embedding-001" }[provider] ??
      "";
    const { data } = await mesh.client.embeddings.create({ model: embedding, input: ["a", "b"], ...through(provider) });
    expect(data.map(({ index, embedding: vector }) => [index, vector])).toEqual([
      [0, [0.5, -0.25]],
      [1, [0.5, -0.25]],
    ]);
  });

  test("gets the provider's own message for a bad request, as the SDK's error", async () => {
    mesh.upstream.play((_request, response) => {
      const error =
        provider === "cloudflare"
          ? {
              errors: [{ code: 5004, message: "AiError: the field is bad" }],
              success: false,
              result: {},
              messages: [],
              internalCode: 5004,
              description: "the field is bad",
            }
          : {
              error: {
                code: 400,
                status: "INVALID_ARGUMENT",
                message: "the field is bad",
                type: "invalid_request_error",
                param: "x",
              },
            };
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify(error));
    });
    const failed = mesh.client.chat.completions.create({ model, messages, ...through(provider) });
    await expect(failed).rejects.toThrow(OpenAI.BadRequestError);
    await expect(failed).rejects.toThrow("the field is bad");
    expect(mesh.upstream.requests).toHaveLength(1);
  });

  test("shows no upstream key, and sends no token or field of ours upstream", async () => {
    await mesh.client.chat.completions.create({
      model,
      messages,
      ...through(provider),
      fallbacks: [],
      routing: { max_attempts: 1 },
    } as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming);
    const [{ url, headers, text, body } = { url: "", headers: {}, text: "", body: {} }] = mesh.upstream.requests;
    expect(`${url} ${text} ${JSON.stringify(headers)}`).not.toContain(TOKEN);
    expect(url).not.toContain("key");
    const sent = provider === "cloudflare" ? body.inputs : body;
    for (const field of ["provider", "fallbacks", "routing"]) expect(sent).not.toHaveProperty(field);
    for (const key of Object.values(UPSTREAM_KEYS)) expect(mesh.logs()).not.toContain(key);
    expect(mesh.logs()).not.toContain("Say hello");
  });
});

test("one provider is down: the next one answers, once", async () => {
  mesh.upstream.play((request, response) => {
    if (request.url.startsWith("/openai")) response.writeHead(503).end("down");
    else return answerAsProvider(request, response);
    return undefined;
  });
  const { data, response } = await mesh.client.chat.completions
    .create({
      model: "gpt4",
      messages,
      fallbacks: ["gemini/gemini-2.5-flash"],
    } as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming)
    .withResponse();
  expect(data.choices[0]?.message.content).toBe("Hello from gemini");
  expect(response.headers.get("x-gateway-attempts")).toBe("2");
  expect(mesh.upstream.requests).toHaveLength(2);
});
