import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { describe, expect, test } from "vitest";
import { type Answer, answer } from "../../../dev/workers-ai/answer.ts";
import { embeddingList } from "../src/embedding-list.ts";
import { embeddingRuns } from "../src/embedding-runs.ts";
import { chatInputs } from "../src/request.ts";
import { completionOf, deltas, readChunks, rows, translate } from "./read-answer.ts";

// The offline stand-in answers in Workers AI's own forms; the relay reads them as it reads the real ones.

const SCOUT = "@cf/meta/llama-4-scout-17b-16e-instruct";
const GPT_OSS = "@cf/openai/gpt-oss-20b";
const QWEN = "@cf/qwen/qwen3-30b-a3b-fp8";

const tools = [
  {
    type: "function",
    function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
  },
];

function ask(model: string, prompt: string, more: JsonObject = {}): Answer {
  const body = { messages: [{ role: "user", content: prompt }], ...more };
  return answer(model, chatInputs(body, { model, stream: more["stream"] === true, text: JSON.stringify(body) }));
}

function whole(given: Answer): JsonObject {
  if (given.kind !== "json") throw new Error(`expected a whole answer, not ${given.kind}`);
  return completionOf(given.body).body;
}

function streamed(given: Answer): string {
  if (given.kind !== "events") throw new Error(`expected a stream, not ${given.kind}`);
  return translate(given.events, { includeUsage: true });
}

describe.each([SCOUT, GPT_OSS, QWEN])("%s offline", (model) => {
  test("says that it is the stand-in and repeats the prompt, whole and streamed alike", () => {
    const body = whole(ask(model, "Hello there"));
    expect(body).toMatchObject({
      choices: [
        { message: { content: expect.stringMatching(/offline stand-in.*Hello there/s) }, finish_reason: "stop" },
      ],
    });
    const sse = streamed(ask(model, "Hello there", { stream: true }));
    const text = deltas(sse)
      .map((delta) => delta["content"] ?? "")
      .join("");
    expect(body).toMatchObject({ choices: [{ message: { content: text } }] });
    expect(readChunks(sse).chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number) } });
  });

  test("calls a tool that is offered and asked for, whole and streamed", () => {
    const call = { name: "get_weather", arguments: '{"city":"Rome"}' };
    expect(whole(ask(model, "What is the weather in Rome?", { tools }))).toMatchObject({
      choices: [{ message: { tool_calls: [{ function: call }] }, finish_reason: "tool_calls" }],
    });
    const sse = streamed(ask(model, "What is the weather in Rome?", { tools, stream: true }));
    const pieces = deltas(sse).flatMap((delta): JsonObject[] =>
      Array.isArray(delta["tool_calls"]) ? delta["tool_calls"] : [],
    );
    const args = pieces.map((piece) => (isObject(piece["function"]) ? piece["function"]["arguments"] : "")).join("");
    expect(pieces[0]).toMatchObject({ index: 0, function: { name: "get_weather" } });
    expect(args).toBe(call.arguments);
    expect(rows(sse).at(-1)).toMatchObject({ finish_reason: "tool_calls" });
  });

  test("keeps to a JSON schema", () => {
    const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const body = whole(
      ask(model, "Rome", { response_format: { type: "json_schema", json_schema: { name: "p", schema } } }),
    );
    const [choice] = body["choices"] as { message: { content: string } }[];
    expect(JSON.parse(choice?.message.content ?? "")).toEqual({ city: expect.any(String) });
  });
});

test.each([GPT_OSS, QWEN])("%s thinks before it speaks", (model) => {
  const sse = streamed(ask(model, "Hello", { stream: true }));
  const kinds = deltas(sse).map((delta) =>
    "reasoning_content" in delta ? "reasoning" : delta["content"] ? "text" : "end",
  );
  expect(kinds.indexOf("reasoning")).toBe(0);
  expect(kinds.lastIndexOf("reasoning")).toBeLessThan(kinds.indexOf("text"));
});

test("an answer is cut at max_tokens and says so where the real model would", () => {
  expect(whole(ask(GPT_OSS, "Hello", { max_tokens: 3 }))).toMatchObject({
    choices: [{ finish_reason: "length" }],
    usage: { completion_tokens: 3 },
  });
});

test("an unknown model and what the schema refuses are errors", () => {
  expect(answer("@cf/no/model", { messages: [] })).toMatchObject({ kind: "error", error: { code: 5007 } });
  expect(answer(SCOUT, { messages: [{ role: "user", content: null }] })).toMatchObject({
    kind: "error",
    error: { code: 5006 },
  });
});

test("a bare schema for a model whose own schema has OpenAI's envelope is an error", () => {
  const response_format = { type: "json_schema", json_schema: { type: "object", title: "place" } };
  const asked = { messages: [{ role: "user", content: "Rome" }], response_format };
  expect(answer(GPT_OSS, asked)).toMatchObject({ kind: "error", error: { code: 5006 } });
  expect(answer(SCOUT, asked)).toMatchObject({ kind: "json" });
});

test("JSON mode of a native model does not stream", () => {
  const asked = {
    messages: [{ role: "user", content: "Rome" }],
    response_format: { type: "json_object" },
    stream: true,
  };
  expect(answer(SCOUT, asked)).toMatchObject({ kind: "error", error: { code: 5023 } });
  expect(answer(GPT_OSS, asked)).toMatchObject({ kind: "events" });
});

test("embeddings are unit vectors of the model's size, the same for the same text", () => {
  const model = "@cf/baai/bge-base-en-v1.5";
  const runs = embeddingRuns({ input: ["a", "b", "a"] }, model);
  const given = answer(model, runs[0]?.inputs ?? {});
  if (given.kind !== "json") throw new Error("expected vectors");
  const { body } = embeddingList([given.body], { runs, model, encodingFormat: "float" });
  const [first, second, third] = (body["data"] as { embedding: number[] }[]).map(({ embedding }) => embedding);
  expect(first).toHaveLength(768);
  expect(first).toEqual(third);
  expect(first).not.toEqual(second);
  expect(Math.hypot(...(first ?? []))).toBeCloseTo(1);
});
