import assert from "node:assert/strict";
import { SseParser } from "../../shared/formats/sse.ts";
import { isObject, type JsonObject, tryParseJson } from "../../shared/json.ts";
import { providers } from "../../shared/registry.ts";
import type { CurlAnswer } from "../curl.ts";
import { type Check, jsonOf, listOf, objectOf } from "./check.ts";

const WEATHER_TOOL = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city now",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

/** What each provider has to answer: chats and completions whole and streamed, tool calls, embeddings. */
export function modelChecks(options: { inPieces: boolean }): Check[] {
  return [...providers.flatMap(({ name: provider }) => checksOf(provider, options)), moderation];
}

/** Of whichever provider has moderations. */
const moderation: Check = {
  name: "moderations",
  path: "/v1/moderations",
  json: { input: "Have a nice day." },
  expect(answer) {
    const [{ flagged, categories }] = listOf(jsonOf(answer)["results"]);
    assert.equal(flagged, false);
    objectOf(categories, "categories");
  },
};

function checksOf(provider: string, { inPieces }: { inPieces: boolean }): Check[] {
  const messages = [{ role: "user", content: "Say hello in one sentence." }];
  const call = {
    provider,
    messages: [{ role: "user", content: "What is the weather in Rome? Use the tool." }],
    tools: [WEATHER_TOOL],
    tool_choice: "required",
  };
  const prompt = { provider, prompt: "Once upon a time", max_tokens: 200 };
  const stream = { stream: true, stream_options: { include_usage: true } };
  const expectStream = (answer: CurlAnswer) => {
    if (inPieces) assert(answer.pieces > 3, `the stream came in ${answer.pieces} pieces`);
    return readStream(answer);
  };
  return [
    {
      name: `${provider}: chat`,
      path: "/v1/chat/completions",
      json: { provider, messages },
      expect(answer) {
        const body = jsonOf(answer);
        assert.equal(body["object"], "chat.completion");
        const [choice] = listOf(body["choices"]);
        const { role, content } = objectOf(choice["message"], "message");
        assert.equal(role, "assistant");
        assert(typeof content === "string" && content !== "", "an empty answer");
        assert.equal(choice["finish_reason"], "stop");
        expectUsage(body["usage"]);
        assert.equal(answer.headers.get("x-gateway-provider"), provider);
        for (const name of ["x-gateway-model", "x-gateway-attempts", "server-timing", "x-request-id", "x-session-id"]) {
          assert(answer.headers.get(name), `no ${name} header`);
        }
      },
    },
    {
      name: `${provider}: chat, streamed`,
      path: "/v1/chat/completions",
      json: { provider, messages, ...stream },
      expect(answer) {
        const { deltas, finishReason } = expectStream(answer);
        assert.equal(deltas[0]?.["role"], "assistant", "the first delta has no role");
        assert(
          deltas.some((delta) => delta["content"]),
          "no content",
        );
        assert.equal(finishReason, "stop");
      },
    },
    {
      name: `${provider}: tool call`,
      path: "/v1/chat/completions",
      json: call,
      expect(answer) {
        const [choice] = listOf(jsonOf(answer)["choices"]);
        assert.equal(choice["finish_reason"], "tool_calls");
        const [toolCall] = listOf(objectOf(choice["message"], "message")["tool_calls"]);
        expectWeatherCall(objectOf(toolCall["function"], "function"));
        assert(typeof toolCall["id"] === "string" && toolCall["id"] !== "", "a call without id");
      },
    },
    {
      name: `${provider}: tool call, streamed`,
      path: "/v1/chat/completions",
      json: { ...call, ...stream },
      expect(answer) {
        const { deltas, finishReason } = readStream(answer);
        assert.equal(finishReason, "tool_calls");
        const parts = deltas.flatMap((delta) => (delta["tool_calls"] === undefined ? [] : listOf(delta["tool_calls"])));
        assert(parts.length > 0 && parts.every((part) => part["index"] === 0), "indexes of the call");
        const functions = parts.flatMap((part) => (isObject(part["function"]) ? [part["function"]] : []));
        const text = functions.map((each) => each["arguments"] ?? "").join("");
        expectWeatherCall({ name: functions[0]?.["name"], arguments: text });
      },
    },
    {
      name: `${provider}: completion`,
      path: "/v1/completions",
      json: prompt,
      expect(answer) {
        const body = jsonOf(answer);
        assert.equal(body["object"], "text_completion");
        const [{ text }] = listOf(body["choices"]);
        assert(typeof text === "string" && text !== "", "an empty completion");
        expectUsage(body["usage"]);
      },
    },
    {
      name: `${provider}: completion, streamed`,
      path: "/v1/completions",
      json: { ...prompt, ...stream },
      expect(answer) {
        assert(expectStream(answer).text !== "", "no text");
      },
    },
    {
      name: `${provider}: embeddings`,
      path: "/v1/embeddings",
      json: { provider, input: ["first", "second"] },
      expect(answer) {
        const data = listOf(jsonOf(answer)["data"]);
        assert.equal(data.length, 2, `${data.length} vectors for 2 texts`);
        assert(
          data.every(({ embedding }) => Array.isArray(embedding) && embedding.length > 100),
          "not vectors",
        );
      },
    },
    {
      name: `${provider}: embeddings as base64`,
      path: "/v1/embeddings",
      json: { provider, input: "first", encoding_format: "base64" },
      expect(answer) {
        const [{ embedding }] = listOf(jsonOf(answer)["data"]);
        assert(typeof embedding === "string", "not base64");
        const bytes = Buffer.from(embedding, "base64").length;
        assert(bytes > 400 && bytes % 4 === 0, `${bytes} bytes are no float32 vector`);
      },
    },
  ];
}

interface StreamFound {
  deltas: JsonObject[];
  /** Of a completion, which has no deltas. */
  text: string;
  finishReason: unknown;
}

/** The rules of OpenAI's streams: one id, one finish, usage at the end because it was asked for, one [DONE]. */
function readStream(answer: CurlAnswer): StreamFound {
  assert.equal(answer.status, 200, `status ${answer.status}: ${answer.body.slice(0, 300)}`);
  assert.match(answer.headers.get("content-type") ?? "", /^text\/event-stream/);
  const parser = new SseParser();
  const events = [...parser.push(Buffer.from(answer.body)), ...parser.end()];
  assert.equal(events.indexOf("[DONE]"), events.length - 1, "one [DONE], at the end");
  const chunks = events.slice(0, -1).map((data) => objectOf(tryParseJson(data), "JSON in an event"));
  const failed = chunks.find((chunk) => "error" in chunk);
  assert.equal(failed, undefined, JSON.stringify(failed));
  assert.equal(new Set(chunks.map((chunk) => chunk["id"])).size, 1, "one id on all chunks");
  const last = chunks.pop();
  assert.deepEqual(last?.["choices"], [], "the last chunk is not the usage");
  expectUsage(last?.["usage"]);
  const choices = chunks.flatMap((chunk) => (Array.isArray(chunk["choices"]) ? chunk["choices"].filter(isObject) : []));
  const finishes = choices.map((choice) => choice["finish_reason"]).filter((reason) => typeof reason === "string");
  assert.equal(finishes.length, 1, `${finishes.length} finish reasons`);
  return {
    deltas: choices.map((choice) => choice["delta"]).filter(isObject),
    text: choices.map((choice) => choice["text"] ?? "").join(""),
    finishReason: finishes[0],
  };
}

function expectUsage(value: unknown): void {
  const usage = objectOf(value, "usage");
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage;
  assert(Number(prompt) > 0 && Number(completion) > 0, `usage ${JSON.stringify(usage)}`);
  assert.equal(total, Number(prompt) + Number(completion), "total_tokens");
}

function expectWeatherCall(call: JsonObject): void {
  assert.equal(call["name"], "get_weather");
  const city = objectOf(tryParseJson(String(call["arguments"])), "arguments")["city"];
  assert.match(String(city), /rom[ae]/i);
}
