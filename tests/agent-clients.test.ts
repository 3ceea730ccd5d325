import Instructor from "@instructor-ai/instructor";
import { Agent, Runner, tool } from "@openai/agents-core";
import { OpenAIProvider } from "@openai/agents-openai";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod/v3";
import { type Mesh, startMesh, TOKEN } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";

// Clients that build on the openai SDK and take more of an answer apart than its text.

let mesh: Mesh;
let baseURL: string;
beforeAll(async () => {
  mesh = await startMesh();
  baseURL = new URL("/v1", mesh.url).href;
});
afterAll(() => mesh.close());
beforeEach(() => mesh.upstream.play(answerAsProvider));

const MODEL = "gpt-4o";

describe("OpenAI Agents SDK, with chat completions", () => {
  const runner = () =>
    new Runner({
      modelProvider: new OpenAIProvider({ baseURL, apiKey: TOKEN, useResponses: false }),
      tracingDisabled: true,
    });
  const weather = tool({
    name: "weather",
    description: "Weather of a city",
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => `sunny in ${city}`,
  });
  const guide = () =>
    new Agent({ name: "guide", model: MODEL, tools: [weather], toolUseBehavior: "stop_on_first_tool" });

  test("runs a tool, whole and streamed", async () => {
    expect((await runner().run(guide(), "q")).finalOutput).toBe("sunny in Oslo");
    const streamed = await runner().run(guide(), "q", { stream: true });
    await streamed.completed;
    expect(streamed.finalOutput).toBe("sunny in Oslo");
  });

  test("gets structured output, with usage", async () => {
    const city = new Agent({ name: "city", model: MODEL, outputType: z.object({ city: z.string() }) });
    const result = await runner().run(city, "q");
    expect(result.finalOutput).toEqual({ city: "Oslo" });
    expect(result.state.usage).toMatchObject({ inputTokens: 5, outputTokens: 3, totalTokens: 8 });
  });
});

test.each(["TOOLS", "JSON", "JSON_SCHEMA"] as const)("instructor gets an object, mode %s", async (mode) => {
  const client = Instructor({ client: new OpenAI({ baseURL, apiKey: TOKEN }), mode });
  const city = await client.chat.completions.create({
    model: MODEL,
    messages: [{ role: "user", content: "q" }],
    // It reads schemas of zod 3.
    response_model: { name: "city", schema: z3.object({ city: z3.string() }) },
  });
  expect(city).toMatchObject({ city: "Oslo" });
});
