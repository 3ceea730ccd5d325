import { createOpenAI } from "@ai-sdk/openai";
import { ChatOpenAI } from "@langchain/openai";
import { generateText, isStepCount, tool } from "ai";
import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Mesh, startMesh, TOKEN } from "./mesh.ts";
import { json, sse } from "./upstream.ts";

// What Gemini says beyond OpenAI's fields, through clients that people use,
// and back to Gemini with the next turn.

let mesh: Mesh;
let baseURL: string;
beforeAll(async () => {
  mesh = await startMesh({ "gemini-relay": { vars: { SIGNATURES_IN_CALL_IDS: "true" } } });
  baseURL = new URL("/v1", mesh.url).href;
});
afterAll(() => mesh.close());

type Parts = Record<string, unknown>[];

/** Gemini says these parts, each in a chunk of its own where it streams; then "ok", turn by turn. */
function geminiSays(parts: Parts, rest: object = {}): void {
  let turn = 0;
  mesh.upstream.play(({ url }, response) => {
    const said = turn++ === 0 ? parts : [{ text: "ok" }];
    const event = (content: Parts, last: boolean) => ({
      candidates: [
        { index: 0, content: { role: "model", parts: content }, ...(last && { finishReason: "STOP", ...rest }) },
      ],
      usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 3, totalTokenCount: 8 },
    });
    if (!url.includes("streamGenerateContent")) return json(response, 200, event(said, true));
    return sse(
      response,
      said.map((part, at) => event([part], at === said.length - 1)),
    );
  });
}

/** The parts that Gemini got of the model's last turn. */
function sentBack(): Parts {
  const contents: { role: string; parts: Parts }[] = mesh.upstream.requests.at(-1)?.body.contents ?? [];
  return contents.findLast(({ role }) => role === "model")?.parts ?? [];
}

const model = "gemini-3-flash-preview";
const image = (data: string, thoughtSignature: string) => ({
  inlineData: { mimeType: "image/png", data },
  thoughtSignature,
});
const sound = (data: string) => ({ inlineData: { mimeType: "audio/L16;codec=pcm;rate=24000", data } });

describe("the openai SDK's stream() makes the message of the whole answer", () => {
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "q" }];
  const search = [
    { toolCall: { toolType: "GOOGLE_SEARCH_WEB", id: "s1" }, thoughtSignature: "U1RFUDE=" },
    { toolResponse: { toolType: "GOOGLE_SEARCH_WEB", id: "s1" }, thoughtSignature: "U1RFUDI=" },
  ];
  const groundingMetadata = {
    groundingChunks: [{ web: { uri: "https://a", title: "A" } }],
    groundingSupports: [{ segment: { startIndex: 0, endIndex: 2 }, groundingChunkIndices: [0] }],
  };

  test.each<[string, Parts, object]>([
    ["images", [{ text: "two", thoughtSignature: "VFhU" }, image("AAAA", "SU1HMQ=="), image("BBBB", "SU1HMg==")], {}],
    ["an image only", [image("AAAA", "SU1HMQ==")], {}],
    ["steps", [...search, { text: "Hi" }, { text: "", thoughtSignature: "VEVYVA==" }], { groundingMetadata }],
    ["calls", [{ functionCall: { name: "f", args: {}, id: "g1" }, thoughtSignature: "Q0FMTA==" }], {}],
  ])("of %s, and both bring the same back", async (_, parts, rest) => {
    const turns = [];
    for (const streamed of [false, true]) {
      geminiSays(parts, rest);
      const { chat } = mesh.client;
      const body = { model, messages };
      const completion = streamed
        ? await chat.completions.stream(body).finalChatCompletion()
        : await chat.completions.create(body);
      const message = completion.choices[0]?.message;
      if (message === undefined) throw new Error("no message");
      await chat.completions.create({ model, messages: [...messages, message, { role: "user", content: "and?" }] });
      const { annotations = [], parsed: _parsed, tool_calls = [], ...said } = { parsed: null, ...message };
      const calls = tool_calls.map((call) => ({
        ...call,
        function: { ...("function" in call && call.function), parsed_arguments: null },
      }));
      turns.push({ ...said, annotations, calls, sentBack: sentBack() });
    }
    expect(turns[1]).toEqual(turns[0]);
    expect(
      turns[0]?.sentBack.map(({ thoughtSignature }) => thoughtSignature).filter((one) => one !== undefined),
    ).toEqual(parts.flatMap(({ thoughtSignature }) => thoughtSignature ?? []));
  });

  test("of audio", async () => {
    geminiSays([sound("AAAA"), sound("AQEBAQ=="), sound("AgIC")]);
    const speech = {
      model: "gemini-2.5-flash-preview-tts",
      messages,
      modalities: ["text" as const, "audio" as const],
      audio: { voice: "Kore", format: "pcm16" as const },
    };
    const { choices } = await mesh.client.chat.completions.stream(speech).finalChatCompletion();
    expect(choices[0]?.message.audio).toEqual({
      id: expect.stringMatching(/^call_[0-9a-f]+$/),
      data: Buffer.from([0, 0, 0, 1, 1, 1, 1, 2, 2, 2]).toString("base64"),
      expires_at: 0,
      transcript: "",
    });
  });
});

describe("with SIGNATURES_IN_CALL_IDS signatures come back through clients that keep nothing else:", () => {
  const run = () => "sunny";
  const parameters = { type: "object", properties: { city: { type: "string" } } };
  const clients: [string, () => Promise<unknown>][] = [
    [
      "openai's runTools()",
      () =>
        mesh.client.chat.completions
          .runTools({
            model,
            messages: [{ role: "user", content: "q" }],
            tools: [
              { type: "function", function: { name: "weather", description: "of a city", function: run, parameters } },
            ],
          })
          .finalContent(),
    ],
    [
      "@ai-sdk/openai",
      () =>
        generateText({
          model: createOpenAI({ baseURL, apiKey: TOKEN }).chat(model),
          prompt: "q",
          tools: { weather: tool({ inputSchema: z.object({ city: z.string() }), execute: run }) },
          stopWhen: isStepCount(2),
        }),
    ],
    [
      "LangChain",
      async () => {
        const chat = new ChatOpenAI({ model, apiKey: TOKEN, configuration: { baseURL } });
        const bound = chat.bindTools([{ type: "function", function: { name: "weather", parameters } }]);
        const asked = await bound.invoke("q");
        const tool_call_id = asked.tool_calls?.[0]?.id ?? "";
        return bound.invoke([{ role: "user", content: "q" }, asked, { role: "tool", tool_call_id, content: run() }]);
      },
    ],
  ];

  beforeEach(() =>
    geminiSays([{ functionCall: { name: "weather", args: { city: "Oslo" }, id: "g1" }, thoughtSignature: "Q0FMTA==" }]),
  );

  test.each(clients)("%s", async (_, converse) => {
    await converse();
    expect(sentBack()).toEqual([
      { functionCall: { name: "weather", args: { city: "Oslo" }, id: "g1" }, thoughtSignature: "Q0FMTA==" },
    ]);
    const last = mesh.upstream.requests.at(-1)?.body.contents.at(-1);
    expect(last.parts).toMatchObject([{ functionResponse: { name: "weather", id: "g1" } }]);
  });
});
