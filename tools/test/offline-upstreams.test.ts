import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OfflineUpstreams, startUpstreams } from "../../dev/upstreams.ts";

const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
let upstreams: OfflineUpstreams;
let openai: OpenAI;

beforeAll(async () => {
  upstreams = await startUpstreams({});
  openai = new OpenAI({ baseURL: upstreams.openaiBaseUrl, apiKey: "offline", maxRetries: 0 });
});
afterAll(() => upstreams.stop());

async function gemini(method: string, body: unknown): Promise<{ status: number; text: string }> {
  const response = await fetch(`${upstreams.geminiBaseUrl}/models/${method}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

interface Candidate {
  index: number;
  content: { parts: { text?: string }[] };
}

const contents = (text: string) => [{ role: "user", parts: [{ text }] }];

test("OpenAI: a chat streams word by word and ends with the usage asked for", async () => {
  const stream = await openai.chat.completions.create({
    model: "gpt-4",
    messages: [{ role: "user", content: "Grüße 👋" }],
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = await Array.fromAsync(stream);
  const words = chunks.flatMap((chunk) => chunk.choices[0]?.delta.content || []);
  expect(words.length).toBeGreaterThan(10);
  expect(words.join("")).toContain("“Grüße 👋”");
  expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
});

test("OpenAI: a tool is called, a schema kept to, an unknown model refused", async () => {
  const messages = [{ role: "user" as const, content: "weather in Oslo" }];
  const tools = [{ type: "function" as const, function: { name: "get_weather", parameters: schema } }];
  const call = await openai.chat.completions.create({ model: "gpt-4o", messages, tools });
  expect(call.choices[0]?.message.tool_calls?.[0]).toMatchObject({
    function: { name: "get_weather", arguments: '{"city":"Oslo"}' },
  });
  const format = { type: "json_schema" as const, json_schema: { name: "place", schema } };
  const structured = await openai.chat.completions.create({ model: "gpt-4o", messages, response_format: format });
  expect(JSON.parse(structured.choices[0]?.message.content ?? "")).toEqual({ city: "weather in Oslo" });
  const unknown = openai.chat.completions.create({ model: "no-such-model", messages });
  await expect(unknown).rejects.toMatchObject({ status: 404, code: "model_not_found" });
});

test("OpenAI: a response keeps to its schema and has usage, whole and streamed", async () => {
  const text = { format: { type: "json_schema" as const, name: "place", schema } };
  const body = { model: "gpt-4o", input: "Oslo", text };
  const { output_text, usage } = await openai.responses.create(body);
  expect(JSON.parse(output_text)).toEqual({ city: "Oslo" });
  expect(usage).toMatchObject({ input_tokens: 1, output_tokens: 4, total_tokens: 5 });
  const events = await Array.fromAsync(await openai.responses.create({ ...body, stream: true }));
  expect(events.at(-1)).toMatchObject({ type: "response.completed", response: { usage: { total_tokens: 5 } } });
});

test("OpenAI: a tool's result in a response's input is answered", async () => {
  const input: OpenAI.Responses.ResponseInput = [
    { role: "user", content: "weather in Oslo" },
    { type: "function_call", call_id: "c1", name: "get_weather", arguments: '{"city":"Oslo"}' },
    { type: "function_call_output", call_id: "c1", output: "sunny" },
  ];
  const { output_text } = await openai.responses.create({ model: "gpt-4o", input });
  expect(output_text).toContain("The tool returned: sunny");
});

test("a compatible server: every model is answered, and none listed that is made up", async () => {
  const compatible = new OpenAI({ baseURL: upstreams.compatibleBaseUrl, apiKey: "offline", maxRetries: 0 });
  const messages = [{ role: "user" as const, content: "Hi" }];
  const answer = await compatible.chat.completions.create({ model: "no-such-model", messages });
  expect(answer.choices[0]?.message.content).toContain("stand-in");
  expect((await compatible.models.list()).data).toEqual([]);
});

test("OpenAI: completions, with two prompts, echo and n, whole and streamed", async () => {
  const body = { model: "gpt-3.5-turbo-instruct", prompt: ["one", "two"], n: 2, echo: true };
  const { choices } = await openai.completions.create(body);
  expect(choices.map(({ index, text }) => [index, text.slice(0, 3)])).toEqual([
    [0, "one"],
    [1, "one"],
    [2, "two"],
    [3, "two"],
  ]);
  const chunks = await Array.fromAsync(await openai.completions.create({ ...body, stream: true }));
  const streamed = chunks.flatMap((chunk) => chunk.choices).filter(({ index }) => index === 3);
  expect(streamed.map(({ text }) => text).join("")).toBe(choices[3]?.text);
});

test("OpenAI: chats and completions end where `stop` says", async () => {
  const stop = ["no model", " stand-in"];
  const messages = [{ role: "user" as const, content: "Hi" }];
  const chat = await openai.chat.completions.create({ model: "gpt-4o", messages, stop });
  expect(chat.choices[0]).toMatchObject({ message: { content: "This is the offline" }, finish_reason: "stop" });
  const completion = await openai.completions.create({ model: "gpt-3.5-turbo-instruct", prompt: "Hi", stop });
  expect(completion.choices[0]).toMatchObject({ text: "This is the offline", finish_reason: "stop" });
});

test("OpenAI: its SDK, which asks for base64, reads the embeddings", async () => {
  const create = (encoding_format?: "float") =>
    openai.embeddings.create({
      model: "text-embedding-3-small",
      input: ["a", "b"],
      dimensions: 8,
      ...(encoding_format && { encoding_format }),
    });
  const [decoded, plain] = await Promise.all([create(), create("float")]);
  expect(decoded.data).toHaveLength(2);
  for (const [at, value] of (decoded.data[1]?.embedding ?? []).entries()) {
    expect(value).toBeCloseTo(plain.data[1]?.embedding[at] ?? Number.NaN, 5);
  }
});

test("Gemini: a call has STOP as its finish reason, as Google's does, and takes parametersJsonSchema", async () => {
  const { text } = await gemini("gemini-2.5-flash:generateContent", {
    contents: contents("weather in Oslo"),
    tools: [{ functionDeclarations: [{ name: "get_weather", parametersJsonSchema: schema }] }],
  });
  const [candidate] = JSON.parse(text).candidates;
  expect(candidate.finishReason).toBe("STOP");
  expect(candidate.content.parts).toEqual([{ functionCall: { name: "get_weather", args: { city: "Oslo" } } }]);
});

test("Gemini: thoughts come only when they are asked for, and the stream ends with usage", async () => {
  const ask = (generationConfig: object) =>
    gemini("gemini-2.5-flash:streamGenerateContent?alt=sse", { contents: contents("Hi"), generationConfig });
  const withThoughts = await ask({ thinkingConfig: { includeThoughts: true } });
  expect(withThoughts.text).toContain('"thought":true');
  const without = await ask({});
  expect(without.text).not.toContain("thought");
  const last = JSON.parse(without.text.trim().split("\n\n").at(-1)?.slice(6) ?? "");
  expect(last.candidates[0].finishReason).toBe("STOP");
  expect(last.usageMetadata.totalTokenCount).toBeGreaterThan(last.usageMetadata.promptTokenCount);
});

test("Gemini: as many candidates as asked for, each up to the stop sequence", async () => {
  const body = { contents: contents("Hi"), generationConfig: { candidateCount: 2, stopSequences: [" stand-in"] } };
  const whole = JSON.parse((await gemini("gemini-2.5-flash:generateContent", body)).text);
  const texts = whole.candidates.map(({ index, content }: Candidate) => [index, content.parts[0]?.text]);
  expect(texts).toEqual([0, 1].map((index) => [index, "This is the offline"]));
  const { text } = await gemini("gemini-2.5-flash:streamGenerateContent?alt=sse", body);
  const events = text.trim().split("\n\n");
  const second = events.map((event) => JSON.parse(event.slice(6)).candidates[1].content.parts[0]?.text ?? "");
  expect(second.join("")).toBe("This is the offline");
});

test("Gemini: counts tokens, embeds in batches, lists models, refuses an unknown one in Google's words", async () => {
  const counted = await gemini("gemini-2.5-flash:countTokens", { contents: contents("12345678") });
  expect(JSON.parse(counted.text)).toEqual({ totalTokens: 2 });
  const requests = ["a", "b"].map((text) => ({ content: { parts: [{ text }] }, outputDimensionality: 4 }));
  const embedded = JSON.parse((await gemini("gemini-embedding-001:batchEmbedContents", { requests })).text);
  expect(embedded.embeddings.map(({ values }: { values: number[] }) => values.length)).toEqual([4, 4]);
  const listed = await fetch(`${upstreams.geminiBaseUrl}/models`).then((response) => response.json());
  expect(JSON.stringify(listed)).toContain('"models/gemini-2.5-flash"');
  const unknown = await gemini("no-such-model:generateContent", { contents: contents("Hi") });
  expect(unknown.status).toBe(404);
  expect(JSON.parse(unknown.text).error).toMatchObject({ code: 404, status: "NOT_FOUND" });
});
