import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { APICallError, embedMany, generateText, Output, RetryError, streamText, tool } from "ai";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Mesh, startMesh, TOKEN } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";
import { json } from "./upstream.ts";

// Clients that people use, unchanged, on the whole mesh: through openai-relay
// what they get must be what OpenAI would give them.

const MODEL = "gpt-4o";
const CITY = z.object({ city: z.string(), population: z.number() });
const OSLO = { city: "Oslo", population: 700_000 };
const VECTOR = [0.5, -0.25, 0.125];
const WEATHER = tool({
  description: "Weather of a city",
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `sunny in ${city}`,
});

let mesh: Mesh;
let baseURL: string;
let openai: OpenAI;
beforeAll(async () => {
  mesh = await startMesh();
  baseURL = new URL("/v1", mesh.url).href;
  openai = new OpenAI({ baseURL, apiKey: TOKEN });
});
afterAll(() => mesh.close());

beforeEach(() =>
  mesh.upstream.play((request, response) => {
    const { body, url } = request;
    if (url.endsWith("/embeddings")) {
      const embedding =
        body.encoding_format === "base64" ? Buffer.from(new Float32Array(VECTOR).buffer).toString("base64") : VECTOR;
      const data = [body.input].flat().map((_, index) => ({ object: "embedding", index, embedding }));
      return json(response, 200, {
        object: "list",
        model: body.model,
        data,
        usage: { prompt_tokens: 2, total_tokens: 2 },
      });
    }
    return answerAsProvider(request, response);
  }),
);

const sent = () => mesh.upstream.requests.at(-1)?.body;

/** Answers the first n requests with this error, and then as usual. */
function failFirst(n: number, status: number, headers: Record<string, string> = {}): void {
  const usual = mesh.upstream.script;
  let failures = 0;
  mesh.upstream.play((request, response) => {
    if (failures++ >= n) return usual(request, response);
    const error = { message: "not now", type: "server_error", param: null, code: "busy" };
    return json(response, status, { error }, { "retry-after-ms": "1", ...headers });
  });
}
/** The gateway itself retries too; one attempt of its own shows what the client does. */
const once = { routing: { max_attempts: 1 } };

describe("openai", () => {
  const messages = [{ role: "user" as const, content: "hi" }];

  test("structured output is parsed", async () => {
    const response_format = zodResponseFormat(CITY, "city");
    const completion = await openai.chat.completions.parse({ model: MODEL, messages, response_format });
    expect(completion.choices[0]?.message.parsed).toEqual(OSLO);
    expect(sent().response_format.json_schema.strict).toBe(true);
  });

  test("its stream helper puts a streamed tool call together", async () => {
    const parameters = { type: "object", properties: { city: { type: "string" } } };
    const tools = [{ type: "function" as const, function: { name: "weather", parameters } }];
    const completion = await openai.chat.completions.stream({ model: MODEL, messages, tools }).finalChatCompletion();
    expect(completion.choices[0]?.message.tool_calls).toMatchObject([
      { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
    ]);
  });

  test("embeddings come in base64, which it asks for by itself, and are decoded", async () => {
    const { data } = await openai.embeddings.create({ model: "text-embedding-3-small", input: ["a", "b"] });
    expect(data.map(({ embedding }) => embedding)).toEqual([VECTOR, VECTOR]);
    expect(sent().encoding_format).toBe("base64");
  });

  test("an error arrives as the class of its status, with the provider's words and the request's id", async () => {
    const error = {
      message: "bad role",
      type: "invalid_request_error",
      param: "messages[0].role",
      code: "invalid_value",
    };
    mesh.upstream.play((_, response) => json(response, 400, { error }));
    const thrown = await openai.chat.completions.create({ model: MODEL, messages }).catch((caught: unknown) => caught);
    expect(thrown).toBeInstanceOf(OpenAI.BadRequestError);
    expect(thrown).toMatchObject({
      status: 400,
      code: "invalid_value",
      param: "messages[0].role",
      requestID: expect.any(String),
    });
    expect(mesh.upstream.requests).toHaveLength(1);
  });

  test("a 429 is retried after the wait that the provider asks for", async () => {
    failFirst(1, 429);
    const completion = await openai.chat.completions.create({ model: MODEL, messages, ...once });
    expect(completion.choices[0]?.message.content).toBe("Hello from openai");
    expect(mesh.upstream.requests).toHaveLength(2);
  });

  test("x-should-retry of the provider reaches it and is obeyed", async () => {
    failFirst(1, 429, { "x-should-retry": "false" });
    await expect(openai.chat.completions.create({ model: MODEL, messages, ...once })).rejects.toThrow(
      OpenAI.RateLimitError,
    );
    expect(mesh.upstream.requests).toHaveLength(1);
  });

  test("a stream that breaks off is an error, not a short answer", async () => {
    mesh.upstream.play((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(
        'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n',
      );
      response.write('data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"del');
      setTimeout(() => response.destroy(), 50);
    });
    for (const include_usage of [true, false]) {
      const stream = await openai.chat.completions.create({
        model: MODEL,
        messages,
        stream: true,
        stream_options: { include_usage },
      });
      let text = "";
      const read = async () => {
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
      };
      await expect(read(), `usage asked for: ${include_usage}`).rejects.toThrow(OpenAI.APIError);
      expect(text).toBe("Hi");
    }
  });
});

describe.each([
  ["@ai-sdk/openai", () => createOpenAI({ baseURL, apiKey: TOKEN }).chat(MODEL)],
  [
    "@ai-sdk/openai-compatible",
    () =>
      createOpenAICompatible({
        name: "mesh",
        baseURL,
        apiKey: TOKEN,
        includeUsage: true,
        supportsStructuredOutputs: true,
      }).chatModel(MODEL),
  ],
])("ai with %s", (_, model) => {
  const prompt = "hi";

  test("chats, with usage", async () => {
    const { text, finishReason, usage } = await generateText({ model: model(), prompt });
    expect({ text, finishReason }).toEqual({ text: "Hello from openai", finishReason: "stop" });
    expect(usage).toMatchObject({ inputTokens: 5, outputTokens: 3, totalTokens: 8 });
  });

  test("streams, with usage", async () => {
    const { textStream, finishReason, usage } = streamText({ model: model(), prompt });
    expect((await Array.fromAsync(textStream)).join("")).toBe("Hello from openai");
    expect(await finishReason).toBe("stop");
    expect(await usage).toMatchObject({ inputTokens: 5, outputTokens: 3 });
  });

  test("calls tools, whole and streamed", async () => {
    const tools = { weather: WEATHER };
    const called = [{ toolName: "weather", toolCallId: "call_1", input: { city: "Oslo" } }];
    expect((await generateText({ model: model(), prompt, tools })).toolCalls).toMatchObject(called);
    expect(await streamText({ model: model(), prompt, tools }).toolCalls).toMatchObject(called);
  });

  test("gets structured output", async () => {
    const { output } = await generateText({ model: model(), prompt, output: Output.object({ schema: CITY }) });
    expect(output).toEqual(OSLO);
    expect(sent().response_format.type).toBe("json_schema");
  });

  test("tries a failing provider three times and then says why", async () => {
    failFirst(99, 429);
    const thrown = await generateText({ model: model(), prompt }).catch((caught: unknown) => caught);
    expect(thrown).toBeInstanceOf(RetryError);
    const last = RetryError.isInstance(thrown) ? thrown.lastError : undefined;
    expect(APICallError.isInstance(last) && last.statusCode).toBe(429);
  });

  test("does not retry what is its own fault", async () => {
    failFirst(99, 400);
    const thrown = await generateText({ model: model(), prompt }).catch((caught: unknown) => caught);
    expect(APICallError.isInstance(thrown) && thrown.statusCode).toBe(400);
    expect(mesh.upstream.requests).toHaveLength(1);
  });

  test("says so when a stream breaks off", async () => {
    mesh.upstream.play((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const delta = { role: "assistant", content: "Hi" };
      const chunk = {
        id: "c",
        object: "chat.completion.chunk",
        created: 1,
        model: MODEL,
        choices: [{ index: 0, delta }],
      };
      response.write(
        `data: ${JSON.stringify(chunk)}\n\ndata: {"id":"c","object":"chat.completion.chunk","choices":[{"ind`,
      );
      setTimeout(() => response.destroy(), 50);
    });
    const parts = await Array.fromAsync(streamText({ model: model(), prompt, onError: () => {} }).fullStream);
    expect(parts.filter(({ type }) => type === "error")).toHaveLength(1);
    expect(parts.flatMap((part) => (part.type === "text-delta" ? [part.text] : [])).join("")).toBe("Hi");
  });
});

test("ai with @ai-sdk/openai: embeddings", async () => {
  const model = createOpenAI({ baseURL, apiKey: TOKEN }).embedding("text-embedding-3-small");
  expect((await embedMany({ model, values: ["a", "b"] })).embeddings).toEqual([VECTOR, VECTOR]);
});

describe("@langchain/openai", () => {
  const settings = {
    apiKey: TOKEN,
    configuration: {
      get baseURL() {
        return baseURL;
      },
    },
    maxRetries: 0,
  };
  const chat = () => new ChatOpenAI({ ...settings, model: MODEL });

  test("chats and streams, with usage", async () => {
    const answer = await chat().invoke("hi");
    expect(answer.content).toBe("Hello from openai");
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 5, output_tokens: 3, total_tokens: 8 });
    const chunks = await Array.fromAsync(await chat().stream("hi"));
    expect(chunks.map(({ content }) => content).join("")).toBe("Hello from openai");
    expect(chunks.at(-1)?.usage_metadata ?? chunks.at(-2)?.usage_metadata).toMatchObject({ total_tokens: 8 });
  });

  test("calls tools", async () => {
    const weather = {
      type: "function" as const,
      function: { name: "weather", parameters: { type: "object", properties: {} } },
    };
    const answer = await chat().bindTools([weather]).invoke("hi");
    expect(answer.tool_calls).toMatchObject([{ name: "weather", args: { city: "Oslo" }, id: "call_1" }]);
  });

  test("gets structured output", async () => {
    expect(await chat().withStructuredOutput(CITY, { method: "jsonSchema" }).invoke("hi")).toEqual(OSLO);
  });

  test("gets embeddings, in base64", async () => {
    const embeddings = new OpenAIEmbeddings({ ...settings, model: "text-embedding-3-small" });
    expect(await embeddings.embedDocuments(["a", "b"])).toEqual([VECTOR, VECTOR]);
  });

  test("gets the provider's error", async () => {
    failFirst(99, 400);
    await expect(chat().invoke("hi")).rejects.toThrow("not now");
  });
});
